import Compute
import Foundations
import KernelShapes

/// How a step changes the parameters. The formulas stand at the kernels, `Sources/Kernels/Optimizers.swift`.
public enum Optimizer: String, Sendable, CaseIterable {
  /// Adam: β₁ 0.9, β₂ 0.999, ε 10⁻⁸ (PyTorch's defaults, ε outside the root).
  case adam
  /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
  case adamw
  /// Stochastic gradient descent with Nesterov momentum 0.9.
  case sgd
}

/// An optimizer at work: its moments and how often it stepped.
public final class OptimizerState {
  /// Which it is.
  public let optimizer: Optimizer
  /// AdamW's weight decay: a step takes learning rate · this share of each parameter.
  public let weightDecay: Double
  /// Adam's first moments, or the velocity.
  public let first: AlignedBuffer
  /// Adam's second moments; empty for `sgd`.
  public let second: AlignedBuffer
  /// β₁ᵗ, a running product.
  public private(set) var beta1Power: Double
  /// β₂ᵗ, a running product.
  public private(set) var beta2Power: Double

  private static let beta1 = 0.9
  private static let beta2 = 0.999
  private static let epsilon = 1e-8
  private static let momentum: Float = 0.9

  /// An optimizer before its first step.
  public init(
    _ optimizer: Optimizer, weightDecay: Double = 0.01, parameterCount: Int, beta1Power: Double = 1,
    beta2Power: Double = 1
  ) {
    self.optimizer = optimizer
    self.weightDecay = weightDecay
    first = AlignedBuffer(count: parameterCount)
    second = AlignedBuffer(count: optimizer == .sgd ? 0 : parameterCount)
    self.beta1Power = beta1Power
    self.beta2Power = beta2Power
  }

  /// One step with the gradients of the `images` that `backpropagation` just ran.
  public func step(
    _ weights: Weights, _ backpropagation: Backpropagation, images: Int, learningRate: Double,
    pool: ThreadPool, kernels: InstructionSet
  ) {
    beta1Power *= Self.beta1
    beta2Power *= Self.beta2
    let decay = optimizer == .adamw ? Float(1 - learningRate * weightDecay) : 1
    let correction = (1 - beta2Power).squareRoot()
    let adam = AdamStep(
      beta1: Float(Self.beta1), beta2: Float(Self.beta2), epsilon: Float(Self.epsilon * correction),
      stepSize: Float(learningRate * correction / (1 - beta1Power)), decay: decay)
    let pieces = backpropagation.pieces
    pool.forEach(pieces.count) { worker, piece in
      backpropagation.clock?.start(worker)
      let range = pieces[piece]
      let start = range.lowerBound
      let gradient = backpropagation.gradient(piece: piece, worker: worker, images: images)
      let parameters = weights.parameters.pointer + start
      switch optimizer {
      case .adam, .adamw:
        kernels.adamUpdate(
          AdamUpdate(
            step: adam, count: range.count, gradient: gradient, parameters: parameters,
            firstMoment: first.pointer + start, secondMoment: second.pointer + start))
      case .sgd:
        kernels.nesterovUpdate(
          NesterovUpdate(
            count: range.count, learningRate: Float(learningRate), momentum: Self.momentum,
            gradient: gradient, parameters: parameters, velocity: first.pointer + start))
      }
      backpropagation.clock?.lap(worker, .updating)
    }
  }
}
