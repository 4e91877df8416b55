/// What a batch normalization does to its input, channel by channel: (input - mean) · scale + shift.
public struct ChannelNormalization {
  /// What is subtracted, `[channel]`, padded to a multiple of 16.
  public let mean: Floats
  /// What the difference is multiplied by, γ / √(variance + ε), likewise.
  public let scale: Floats
  /// What is added, β, likewise.
  public let shift: Floats

  /// A value of each field.
  public init(mean: Floats, scale: Floats, shift: Floats) {
    (self.mean, self.scale, self.shift) = (mean, scale, shift)
  }
}

/// Operands of `normalizationStatistics`.
public struct NormalizationStatistics {
  /// The input's map.
  public let extent: MapExtent
  /// The input, `extent`.
  public let input: Floats
  /// The shard's mean, `[channel]`.
  public let mean: MutableFloats
  /// The sum of squared deviations from it, `[channel]`.
  public let squares: MutableFloats

  /// A value of each field.
  public init(extent: MapExtent, input: Floats, mean: MutableFloats, squares: MutableFloats) {
    (self.extent, self.input, self.mean, self.squares) = (extent, input, mean, squares)
  }
}

/// Operands of `normalizationForward`.
public struct NormalizationForward {
  /// The input's map, and the output's.
  public let extent: MapExtent
  /// The input, `extent`.
  public let input: Floats
  /// What is done to it.
  public let normalization: ChannelNormalization
  /// The output, `extent`.
  public let output: MutableFloats

  /// A value of each field.
  public init(
    extent: MapExtent, input: Floats, normalization: ChannelNormalization, output: MutableFloats
  ) {
    (self.extent, self.input) = (extent, input)
    (self.normalization, self.output) = (normalization, output)
  }
}

/// Operands of `normalizationGradientSums`.
public struct NormalizationGradientSums {
  /// The input's map, and that of the gradient to the output.
  public let extent: MapExtent
  /// The input, `extent`.
  public let input: Floats
  /// The batch's mean, `[channel]`.
  public let mean: Floats
  /// 1 / √(the batch's variance + ε), `[channel]`.
  public let inverseDeviation: Floats
  /// The gradient to the output, `extent`.
  public let outputGradient: Floats
  /// The shard's sum of gradients, `[channel]`.
  public let gradientSum: MutableFloats
  /// The shard's sum of gradients times normalized inputs, `[channel]`.
  public let productSum: MutableFloats

  /// A value of each field.
  public init(
    extent: MapExtent, input: Floats, mean: Floats, inverseDeviation: Floats, outputGradient: Floats,
    gradientSum: MutableFloats, productSum: MutableFloats
  ) {
    (self.extent, self.input, self.mean) = (extent, input, mean)
    (self.inverseDeviation, self.outputGradient) = (inverseDeviation, outputGradient)
    (self.gradientSum, self.productSum) = (gradientSum, productSum)
  }
}

/// Operands of `normalizationBackward`.
public struct NormalizationBackward {
  /// The input's map, and that of both gradients.
  public let extent: MapExtent
  /// The input, `extent`.
  public let input: Floats
  /// The batch's mean, `[channel]`.
  public let mean: Floats
  /// 1 / √(the batch's variance + ε), `[channel]`.
  public let inverseDeviation: Floats
  /// γ · inverseDeviation, `[channel]`.
  public let scale: Floats
  /// The batch's mean of gradients, `[channel]`.
  public let meanGradient: Floats
  /// The batch's mean of gradients times normalized inputs, `[channel]`.
  public let meanProduct: Floats
  /// The gradient to the output, `extent`.
  public let outputGradient: Floats
  /// The gradient to the input, `extent`.
  public let inputGradient: MutableFloats

  /// A value of each field.
  public init(
    extent: MapExtent, input: Floats, mean: Floats, inverseDeviation: Floats, scale: Floats,
    meanGradient: Floats, meanProduct: Floats, outputGradient: Floats, inputGradient: MutableFloats
  ) {
    (self.extent, self.input, self.mean) = (extent, input, mean)
    (self.inverseDeviation, self.scale) = (inverseDeviation, scale)
    (self.meanGradient, self.meanProduct) = (meanGradient, meanProduct)
    (self.outputGradient, self.inputGradient) = (outputGradient, inputGradient)
  }
}
