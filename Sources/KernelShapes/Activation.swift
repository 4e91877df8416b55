/// What is done to a layer's sums.
public enum Activation: Sendable, Equatable {
  /// Nothing.
  case linear
  /// `x < 0 ? 0 : x`: NaN and -0 stay what they are.
  case relu
}

/// The extent of a shard's maps to the kernels that take each channel on its own: `[image][pixel][channel]`.
public struct MapExtent: Sendable {
  /// Images of the shard.
  public let images: Int
  /// Pixels of an image's map.
  public let pixels: Int
  /// Channels of a pixel, their padding included: 1 or a multiple of 16.
  public let channels: Int
  /// From an image to the next, in floats, at least `pixels` · `channels`.
  public let imageStride: Int

  /// A value of each field.
  public init(images: Int, pixels: Int, channels: Int, imageStride: Int) {
    (self.images, self.pixels, self.channels, self.imageStride) = (images, pixels, channels, imageStride)
  }
}

/// Operands of `activationGradient`.
public struct ActivationGradient {
  /// The output's map; its channels are a multiple of 16.
  public let extent: MapExtent
  /// The layer's output, `extent`; read for a ReLU only.
  public let output: Floats
  /// In: the gradient to the output, `extent`. Out: the gradient before the activation.
  public let gradient: MutableFloats
  /// The bias's gradient, `[channel]`.
  public let biasGradient: MutableFloats
  /// The layer's activation.
  public let activation: Activation

  /// A value of each field.
  public init(
    extent: MapExtent, output: Floats, gradient: MutableFloats, biasGradient: MutableFloats,
    activation: Activation
  ) {
    (self.extent, self.output, self.gradient) = (extent, output, gradient)
    (self.biasGradient, self.activation) = (biasGradient, activation)
  }
}

/// Operands of `averagedActivationGradient`.
public struct AveragedActivationGradient {
  /// The pooled map; its channels are a multiple of 16.
  public let extent: MapExtent
  /// Which of a window's elements let a gradient pass, as `pooledConvolutionForward` gives it:
  /// `[image][pixel][channel]` without gaps between images.
  public let passing: UnsafePointer<UInt8>
  /// In: the gradient to the pooled map, `extent`. Out: the gradient to each element of a window that lets it pass.
  public let gradient: MutableFloats
  /// The bias's gradient, `[channel]`.
  public let biasGradient: MutableFloats

  /// A value of each field.
  public init(
    extent: MapExtent, passing: UnsafePointer<UInt8>, gradient: MutableFloats, biasGradient: MutableFloats
  ) {
    (self.extent, self.passing, self.gradient, self.biasGradient) = (extent, passing, gradient, biasGradient)
  }
}
