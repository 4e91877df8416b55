import Compute
import Foundations

/// Batch normalisation (Ioffe and Szegedy, 2015) over the whole batch, channel by channel.
///
/// Training: y = γ · (x - mean) / √(variance + ε) + β with the batch's mean and biased variance; prediction: with the
/// running ones. As in Keras: ε = 0.001, running ← 0.99 · running + 0.01 · batch's, the variance biased there too.
/// The statistics are merged from the shards' by Chan's formula in a fixed tree, in Double. Notation `B`.
public struct BatchNormalization: Layer, Equatable {
  /// Added to the variance.
  public static let epsilon: Float = 0.001
  /// What stays of the running statistics at a step.
  public static let momentum: Float = 0.99

  /// The layer.
  public init() {}

  /// The layer in the notation of `Network`.
  public var notation: String { "B" }

  /// The layer for inputs of a shape, at its place in the network.
  public func fitted(to input: MapShape, number: Int) throws(KitError) -> any FittedLayer {
    FittedBatchNormalization(input: input)
  }
}

private struct FittedBatchNormalization: BatchwideLayer {
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

  func gather(_ pass: ShardPass) {
    pass.kernels.normalizationStatistics(
      pass.images, input.pixels, channels, input.imageStride, pass.input, pass.workspace,
      pass.workspace + stored)
  }

  func merge(_ passes: [ShardPass]) {
    guard let first = passes.first else { return }
    let (shared, weights) = (first.shared, first.weights)
    for channel in 0..<input.channels {
      var parts = passes.map { pass in
        (
          count: Double(pass.images * input.pixels), mean: Double(pass.workspace[channel]),
          squares: Double(pass.workspace[stored + channel])
        )
      }
      reduceInTree(&parts) { left, right in
        // Chan, Golub and LeVeque, 1979.
        let count = left.count + right.count
        let delta = right.mean - left.mean
        left.squares += right.squares + delta * delta * (left.count * right.count / count)
        left.mean += delta * (right.count / count)
        left.count = count
      }
      let mean = Float(parts[0].mean)
      let variance = Float(parts[0].squares / parts[0].count)
      batchMean(shared)[channel] = mean
      inverse(shared)[channel] = 1 / (variance + BatchNormalization.epsilon).squareRoot()
      scale(shared)[channel] = weights.parameters[channel] * inverse(shared)[channel]
      update(&weights.statistics[channel], mean)
      update(&weights.statistics[stored + channel], variance)
    }
  }

  private func update(_ running: inout Float, _ value: Float) {
    running = running * BatchNormalization.momentum + value * (1 - BatchNormalization.momentum)
  }

  func forward(_ pass: ShardPass) {
    let shift = pass.weights.parameters + stored
    pass.kernels.normalizationForward(
      pass.images, input.pixels, channels, input.imageStride, pass.input,
      pass.training ? batchMean(pass.shared) : pass.weights.statistics,
      pass.training ? scale(pass.shared) : pass.weights.prepared, shift, pass.output)
  }

  func gatherGradient(_ pass: ShardPass) {
    pass.kernels.normalizationGradientSums(
      pass.images, input.pixels, channels, input.imageStride, pass.input, batchMean(pass.shared),
      inverse(pass.shared), pass.outputGradient, pass.workspace, pass.workspace + stored)
  }

  func mergeGradient(_ passes: [ShardPass]) {
    guard let shared = passes.first?.shared else { return }
    let count = Float(passes.reduce(0) { $0 + $1.images } * input.pixels)
    for channel in 0..<input.channels {
      var gradients = passes.map { $0.workspace[channel] }
      var products = passes.map { $0.workspace[stored + channel] }
      reduceInTree(&gradients) { $0 += $1 }
      reduceInTree(&products) { $0 += $1 }
      meanGradient(shared)[channel] = gradients[0] / count
      meanProduct(shared)[channel] = products[0] / count
    }
  }

  func backward(_ pass: ShardPass) {
    // The shard's sums are its gradients of β and γ.
    pass.parameterGradient.update(from: pass.workspace + stored, count: stored)
    (pass.parameterGradient + stored).update(from: pass.workspace, count: stored)
    guard let inputGradient = pass.inputGradient else { return }
    pass.kernels.normalizationBackward(
      pass.images, input.pixels, channels, input.imageStride, pass.input, batchMean(pass.shared),
      inverse(pass.shared), scale(pass.shared), meanGradient(pass.shared), meanProduct(pass.shared),
      pass.outputGradient, inputGradient)
  }
}

/// Combines neighbours, then neighbours of these, and so on: the fixed tree in which all shards' parts are added.
/// The result is the first element.
func reduceInTree<Part>(_ parts: inout [Part], _ combine: (inout Part, Part) -> Void) {
  var distance = 1
  while distance < parts.count {
    for left in stride(from: 0, to: parts.count - distance, by: 2 * distance) {
      combine(&parts[left], parts[left + distance])
    }
    distance *= 2
  }
}
