import Compute
import Foundations
import KernelShapes

/// Batch normalization (Ioffe and Szegedy, 2015) over the whole batch, channel by channel.
///
/// Training: y = γ · (x - mean) / √(variance + ε) + β with the batch's mean and biased variance; prediction:
/// with the running ones. As in Keras: ε = 0.001, the running ones' variance is biased too, and they move by
/// 0.01 of the way to the batch's. In the first 100 steps they are the mean of all so far instead, or a short
/// training would end with much of the 0 and 1 that they start at. The statistics are merged from the shards'
/// by Chan's formula in a fixed tree. Notation `B`.
public struct BatchNormalization: Layer, Equatable {
  /// Added to the variance.
  public static let epsilon: Float = 0.001
  /// What stays of the running statistics at a step.
  public static let momentum: Float = 0.99

  /// The share of a step's statistics in the running ones, steps counted from 0 over the whole training.
  public static func statisticsShare(step: Int) -> Float { max(1 - momentum, 1 / Float(step + 1)) }

  /// The layer.
  public init() {}

  /// The layer in the notation of `Network`.
  public var notation: String { "B" }

  /// The layer for inputs of a shape.
  public func shaped(for input: MapShape) throws(KitError) -> any ShapedLayer {
    ShapedBatchNormalization(input: input)
  }
}

extension BatchNormalization {
  static let token = Token(example: "B", meaning: "batch normalization") { (scanner) in
    scanner.take("B") ? BatchNormalization() : nil
  }
}

private struct ShapedBatchNormalization: ShapedLayer {
  let input: MapShape
  let memory: LayerMemory
  /// Prediction's scale, γ / √(running variance + ε). Each region has a float for each channel, padded to a
  /// multiple of 16.
  private let runningScale: Region
  /// The shard's, then the merged mean and sum of squared deviations; and the same of the gradient's two
  /// sums.
  private let mean, squares, gradientSum, productSum: Region
  /// The batch's mean, 1 / √(variance + ε), and γ times that.
  private let batchMean, inverseDeviation, scale: Region
  /// The batch's mean of the gradient, and of its product with the normalized input.
  private let meanGradient, meanProduct: Region

  init(input: MapShape) {
    self.input = input
    let count = paddedTo16(input.channels)
    var memory = LayerMemory()
    func region(_ lifetime: Region.Lifetime) -> Region {
      memory.region(count, lifetime, onlyInTraining: lifetime != .derived)
    }
    runningScale = region(.derived)
    (mean, squares) = (region(.workspace), region(.workspace))
    (gradientSum, productSum) = (region(.workspace), region(.workspace))
    (batchMean, inverseDeviation, scale) = (region(.batch), region(.batch), region(.batch))
    (meanGradient, meanProduct) = (region(.batch), region(.batch))
    self.memory = memory
  }

  var output: MapShape { input }

  // The input may be the image itself, which has a single channel and no padding; the parameters are padded.
  private func extent(_ pass: ShardPass) -> MapExtent { input.extent(images: pass.images) }
  private var stored: Int { paddedTo16(input.channels) }

  var parameters: [ParameterShape] {
    [
      ParameterShape(name: "gamma", shape: [input.channels], initializer: .ones),
      ParameterShape(name: "beta", shape: [input.channels], initializer: .zeros),
    ]
  }

  var statistics: [ParameterShape] {
    [
      ParameterShape(name: "moving_mean", shape: [input.channels], initializer: .zeros),
      ParameterShape(name: "moving_variance", shape: [input.channels], initializer: .ones),
    ]
  }

  var derivations: Int { 1 }

  func derive(_ pass: WeightsPass, piece: Int) {
    if pass.isTraining { return }
    let variance = pass.statistics + stored
    let scale = pass.memory[runningScale]
    for channel in 0..<input.channels {
      let deviation = (variance[channel] + BatchNormalization.epsilon).squareRoot()
      scale[channel] = pass.parameters[channel] / deviation
    }
  }

  var batchStatistics: BatchStatistics? {
    BatchStatistics(
      gather: gather, merge: merge, gatherGradient: gatherGradient, mergeGradient: mergeGradient)
  }

  @Sendable private func gather(_ pass: ShardPass) {
    pass.kernels.normalizationStatistics(
      NormalizationStatistics(
        extent: extent(pass), input: pass.input, mean: pass.memory[mean], squares: pass.memory[squares]))
  }

  @Sendable private func merge(_ pass: BatchPass) {
    forEachPair(inTreeOver: pass.shards) { left, right, width in
      // Chan, Golub and LeVeque, 1979, as in the kernel; into the left one's memory.
      let before = Float(pass.images(ofShards: left..<right) * input.pixels)
      let added = Float(pass.images(ofShards: right..<right + width) * input.pixels)
      let weight = added / (before + added)
      let spread = before * weight
      let (sumMean, sumSquares) = (pass[mean, ofShard: left], pass[squares, ofShard: left])
      let (partMean, partSquares) = (pass[mean, ofShard: right], pass[squares, ofShard: right])
      for channel in 0..<input.channels {
        let delta = partMean[channel] - sumMean[channel]
        sumMean[channel] += delta * weight
        sumSquares[channel] += partSquares[channel] + delta * delta * spread
      }
    }
    let (merged, mergedSquares) = (pass[mean, ofShard: 0], pass[squares, ofShard: 0])
    let inverseDeviation = pass.memory[inverseDeviation]
    let count = Float(pass.images * input.pixels)
    for channel in 0..<input.channels {
      let variance = mergedSquares[channel] / count
      pass.memory[batchMean][channel] = merged[channel]
      inverseDeviation[channel] = 1 / (variance + BatchNormalization.epsilon).squareRoot()
      pass.memory[scale][channel] = pass.parameters[channel] * inverseDeviation[channel]
      move(&pass.statistics[channel], to: merged[channel], by: pass.statisticsShare)
      move(&pass.statistics[stored + channel], to: variance, by: pass.statisticsShare)
    }
  }

  private func move(_ running: inout Float, to value: Float, by share: Float) {
    running = running * (1 - share) + value * share
  }

  func forward(_ pass: ShardPass) {
    pass.kernels.normalizationForward(
      NormalizationForward(
        extent: extent(pass), input: pass.input, normalization: normalization(pass), output: pass.output))
  }

  var channelNormalization: (@Sendable (ShardPass) -> ChannelNormalization)? { normalization }

  @Sendable private func normalization(_ pass: ShardPass) -> ChannelNormalization {
    ChannelNormalization(
      mean: pass.isTraining ? UnsafePointer(pass.memory[batchMean]) : pass.statistics,
      scale: pass.memory[pass.isTraining ? scale : runningScale], shift: pass.parameters + stored)
  }

  @Sendable private func gatherGradient(_ pass: ShardPass, _ gradients: ShardGradients) {
    let (gradientSum, productSum) = (pass.memory[gradientSum], pass.memory[productSum])
    pass.kernels.normalizationGradientSums(
      NormalizationGradientSums(
        extent: extent(pass), input: pass.input, mean: pass.memory[batchMean],
        inverseDeviation: pass.memory[inverseDeviation], outputGradient: gradients.output,
        gradientSum: gradientSum, productSum: productSum))
    // The shard's sums are its gradients of β and γ; `mergeGradient` works in the workspace.
    gradients.parameters.update(from: productSum, count: stored)
    (gradients.parameters + stored).update(from: gradientSum, count: stored)
  }

  @Sendable private func mergeGradient(_ pass: BatchPass) {
    average(gradientSum, pass, into: meanGradient)
    average(productSum, pass, into: meanProduct)
  }

  /// The mean over the batch of what the shards summed.
  private func average(_ sums: Region, _ pass: BatchPass, into mean: Region) {
    forEachPair(inTreeOver: pass.shards) { left, right, _ in
      let (sum, part) = (pass[sums, ofShard: left], pass[sums, ofShard: right])
      for channel in 0..<input.channels { sum[channel] += part[channel] }
    }
    let (sum, mean) = (pass[sums, ofShard: 0], pass.memory[mean])
    let count = Float(pass.images * input.pixels)
    for channel in 0..<input.channels { mean[channel] = sum[channel] / count }
  }

  func backward(_ pass: ShardPass, _ gradients: ShardGradients) {
    guard let inputGradient = gradients.input else { return }
    pass.kernels.normalizationBackward(
      NormalizationBackward(
        extent: extent(pass), input: pass.input, mean: pass.memory[batchMean],
        inverseDeviation: pass.memory[inverseDeviation], scale: pass.memory[scale],
        meanGradient: pass.memory[meanGradient], meanProduct: pass.memory[meanProduct],
        outputGradient: gradients.output, inputGradient: inputGradient))
  }
}
