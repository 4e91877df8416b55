import Compute
import Foundations
import KernelShapes

/// Batch normalisation (Ioffe and Szegedy, 2015) over the whole batch, channel by channel.
///
/// Training: y = γ · (x - mean) / √(variance + ε) + β with the batch's mean and biased variance; prediction: with the
/// running ones. As in Keras: ε = 0.001, the running ones' variance is biased too, and they move by 0.01 of the way to
/// the batch's. In the first 100 steps they are the mean of all so far instead, or a short training would end with much
/// of the 0 and 1 that they start at.
/// The statistics are merged from the shards' by Chan's formula in a fixed tree. Notation `B`.
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

  /// The layer for inputs of a shape, at its place in the network.
  public func shaped(for input: MapShape, number: Int) throws(KitError) -> any ShapedLayer {
    ShapedBatchNormalization(input: input)
  }
}

private struct ShapedBatchNormalization: BatchwideLayer {
  let input: MapShape
  var output: MapShape { input }

  // The input may be the image itself, which has a single channel and no padding; the parameters are padded.
  private var channels: Int { input.pixelStride }
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

  /// Prediction's scale, γ / √(running variance + ε).
  func preparedCount(training: Bool) -> Int { training ? 0 : stored }

  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool, piece: Int) {
    if training { return }
    let variance = weights.statistics + stored
    for channel in 0..<input.channels {
      let deviation = (variance[channel] + BatchNormalization.epsilon).squareRoot()
      weights.prepared[channel] = weights.parameters[channel] / deviation
    }
  }

  // A shard's memory: mean and squares, or the gradient's two sums.
  func workspaceCount(training: Bool) -> Int { 2 * stored }

  // The batch's memory, a row each.
  private func batchMean(_ shared: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> { shared }
  private func inverse(_ shared: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    shared + stored
  }
  private func scale(_ shared: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    shared + 2 * stored
  }
  private func meanGradient(_ shared: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    shared + 3 * stored
  }
  private func meanProduct(_ shared: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    shared + 4 * stored
  }
  var sharedCount: Int { 5 * stored }

  private func extent(_ pass: ShardPass) -> MapExtent {
    MapExtent(
      images: pass.images, pixels: input.pixels, channels: channels, imageStride: input.imageStride)
  }

  func gather(_ pass: ShardPass) {
    pass.kernels.normalizationStatistics(
      NormalizationStatistics(
        extent: extent(pass), input: pass.input, mean: pass.workspace, squares: pass.workspace + stored))
  }

  func merge(_ passes: [ShardPass]) {
    guard let first = passes.first else { return }
    forEachPair(inTreeOver: passes.count) { left, right, width in
      // Chan, Golub and LeVeque, 1979, as in the kernel; into the left one's memory.
      let before = Float(pixels(passes, left..<right))
      let added = Float(pixels(passes, right..<right + width))
      let weight = added / (before + added)
      merge(
        passes[right].workspace, into: passes[left].workspace, weight: weight, spread: before * weight)
    }
    let (mean, squares) = (first.workspace, first.workspace + stored)
    let (shared, weights) = (first.shared, first.weights)
    let count = Float(pixels(passes, 0..<passes.count))
    for channel in 0..<input.channels {
      let variance = squares[channel] / count
      batchMean(shared)[channel] = mean[channel]
      inverse(shared)[channel] = 1 / (variance + BatchNormalization.epsilon).squareRoot()
      scale(shared)[channel] = weights.parameters[channel] * inverse(shared)[channel]
      update(&weights.statistics[channel], mean[channel], first.statisticsShare)
      update(&weights.statistics[stored + channel], variance, first.statisticsShare)
    }
  }

  private func merge(
    _ part: UnsafePointer<Float>, into sum: UnsafeMutablePointer<Float>, weight: Float, spread: Float
  ) {
    for channel in 0..<input.channels {
      let delta = part[channel] - sum[channel]
      sum[channel] += delta * weight
      sum[stored + channel] += part[stored + channel] + delta * delta * spread
    }
  }

  /// Pixels of some of the shards.
  private func pixels(_ passes: [ShardPass], _ range: Range<Int>) -> Int {
    var images = 0
    for shard in range.clamped(to: passes.indices) { images += passes[shard].images }
    return images * input.pixels
  }

  private func update(_ running: inout Float, _ value: Float, _ share: Float) {
    running = running * (1 - share) + value * share
  }

  func forward(_ pass: ShardPass) {
    pass.kernels.normalizationForward(
      NormalizationForward(
        extent: extent(pass), input: pass.input,
        mean: pass.training ? batchMean(pass.shared) : pass.weights.statistics,
        scale: pass.training ? scale(pass.shared) : pass.weights.prepared,
        shift: pass.weights.parameters + stored, output: pass.output))
  }

  func gatherGradient(_ pass: ShardPass) {
    pass.kernels.normalizationGradientSums(
      NormalizationGradientSums(
        extent: extent(pass), input: pass.input, mean: batchMean(pass.shared),
        inverseDeviation: inverse(pass.shared), outputGradient: pass.outputGradient,
        gradientSum: pass.workspace, productSum: pass.workspace + stored))
    // The shard's sums are its gradients of β and γ; `mergeGradient` works in the workspace.
    pass.parameterGradient.update(from: pass.workspace + stored, count: stored)
    (pass.parameterGradient + stored).update(from: pass.workspace, count: stored)
  }

  func mergeGradient(_ passes: [ShardPass]) {
    guard let first = passes.first else { return }
    forEachPair(inTreeOver: passes.count) { left, right, _ in
      let (sum, part) = (passes[left].workspace, passes[right].workspace)
      for index in 0..<2 * stored { sum[index] += part[index] }
    }
    let count = Float(pixels(passes, 0..<passes.count))
    for channel in 0..<input.channels {
      meanGradient(first.shared)[channel] = first.workspace[channel] / count
      meanProduct(first.shared)[channel] = first.workspace[stored + channel] / count
    }
  }

  func backward(_ pass: ShardPass) {
    guard let inputGradient = pass.inputGradient else { return }
    pass.kernels.normalizationBackward(
      NormalizationBackward(
        extent: extent(pass), input: pass.input, mean: batchMean(pass.shared),
        inverseDeviation: inverse(pass.shared), scale: scale(pass.shared),
        meanGradient: meanGradient(pass.shared), meanProduct: meanProduct(pass.shared),
        outputGradient: pass.outputGradient, inputGradient: inputGradient))
  }
}

/// Combines neighbours, then neighbours of these, and so on: the fixed tree in which all shards' parts are added. The
/// result is in the first place. The right one of two stands for up to `width` parts.
func forEachPair(inTreeOver count: Int, _ combine: (_ left: Int, _ right: Int, _ width: Int) -> Void) {
  var width = 1
  while width < count {
    for left in stride(from: 0, to: count - width, by: 2 * width) { combine(left, left + width, width) }
    width *= 2
  }
}
