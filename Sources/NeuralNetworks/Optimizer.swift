import Compute
import Foundations
import KernelShapes

/// How a step changes the parameters. The formulas are at the kernels, in `Sources/Kernels/Optimizers.swift`.
///
/// What it takes to add one: a case here, what it keeps in `momentCount`, its step in `OptimizerState`, its
/// kernel, and a test.
public enum Optimizer: String, Sendable, CaseIterable {
  /// Adam: β₁ 0.9, β₂ 0.999, ε 10⁻⁸ (PyTorch's defaults, ε outside the root).
  case adam
  /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
  case adamw
  /// Stochastic gradient descent with Nesterov momentum 0.9.
  case sgd

  /// Numbers that it keeps for each parameter.
  public var momentCount: Int {
    switch self {
    case .adam, .adamw: 2
    case .sgd: 1
    }
  }
}

/// An optimizer at work: its moments and running products.
public final class OptimizerState {
  /// Which optimizer it is.
  public let optimizer: Optimizer
  /// AdamW's weight decay: a step takes learning rate · this share of each parameter.
  public let weightDecay: Double
  /// Adam's first moments, or the velocity: a float for each parameter.
  public let first: AlignedBuffer
  /// Adam's second moments: a float for each parameter; empty for `sgd`.
  public let second: AlignedBuffer
  /// β₁ᵗ after t steps, a running product.
  public private(set) var beta1Power: Double
  /// β₂ᵗ after t steps, a running product.
  public private(set) var beta2Power: Double

  private static let beta1 = 0.9
  private static let beta2 = 0.999
  private static let epsilon = 1e-8
  private static let momentum: Float = 0.9

  /// An optimizer before its first step, or with the running products of a saved one.
  public init(
    _ optimizer: Optimizer, weightDecay: Double = 0.01, parameterCount: Int, beta1Power: Double = 1,
    beta2Power: Double = 1
  ) {
    self.optimizer = optimizer
    self.weightDecay = weightDecay
    first = AlignedBuffer(count: parameterCount)
    second = AlignedBuffer(count: optimizer.momentCount > 1 ? parameterCount : 0)
    self.beta1Power = beta1Power
    self.beta2Power = beta2Power
  }

  /// One step's numbers, which are the same for all parameters.
  enum Step {
    case adam(AdamStep)
    case nesterov(learningRate: Float)
  }

  /// Begins the next step.
  func nextStep(learningRate: Double) -> Step {
    beta1Power *= Self.beta1
    beta2Power *= Self.beta2
    let decay: Float
    switch optimizer {
    case .sgd: return .nesterov(learningRate: Float(learningRate))
    case .adam: decay = 1
    case .adamw: decay = Float(1 - learningRate * weightDecay)
    }
    let correction = (1 - beta2Power).squareRoot()
    return .adam(
      AdamStep(
        beta1: Float(Self.beta1), beta2: Float(Self.beta2), epsilon: Float(Self.epsilon * correction),
        stepSize: Float(learningRate * correction / (1 - beta1Power)), decay: decay))
  }

  /// Changes some of the parameters by a step; the ranges of a step do not overlap, and threads may share
  /// them out.
  ///
  /// - Parameters:
  ///   - parameters: All parameters.
  ///   - range: Which of them.
  ///   - gradient: The loss's gradient of these: `range.count` floats.
  ///   - step: From `nextStep`.
  func update(
    _ parameters: AlignedBuffer, _ range: Range<Int>, gradient: UnsafePointer<Float>, _ step: Step,
    _ kernels: any InstructionSet
  ) {
    let start = range.lowerBound
    let parameters = parameters.pointer + start
    switch step {
    case .adam(let step):
      kernels.adamUpdate(
        AdamUpdate(
          step: step, count: range.count, gradient: gradient, parameters: parameters,
          firstMoment: first.pointer + start, secondMoment: second.pointer + start))
    case .nesterov(let learningRate):
      kernels.nesterovUpdate(
        NesterovUpdate(
          count: range.count, learningRate: learningRate, momentum: Self.momentum, gradient: gradient,
          parameters: parameters, velocity: first.pointer + start))
    }
  }
}
