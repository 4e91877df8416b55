/// One step of Adam or AdamW, the same for all parameters.
public struct AdamStep: Sendable, Equatable {
  /// β₁, the decay of the first moment.
  public let beta1: Float
  /// β₂, the decay of the second moment.
  public let beta2: Float
  /// What is added to the root of the second moment: ε · √(1 - β₂ᵗ), which is ε beside the corrected moment's root.
  public let epsilon: Float
  /// learning rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ).
  public let stepSize: Float
  /// What the parameter is multiplied by first: 1 - learning rate · weight decay for AdamW, 1 for Adam.
  public let decay: Float

  /// A value of each field.
  public init(beta1: Float, beta2: Float, epsilon: Float, stepSize: Float, decay: Float) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    (self.stepSize, self.decay) = (stepSize, decay)
  }
}

/// Operands of `adamUpdate`: a slice of the parameters.
public struct AdamUpdate {
  /// The step.
  public let step: AdamStep
  /// How many parameters.
  public let count: Int
  /// Their gradients, `count` floats.
  public let gradient: Floats
  /// The parameters, `count` floats.
  public let parameters: MutableFloats
  /// The first moments m, `count` floats.
  public let firstMoment: MutableFloats
  /// The second moments v, `count` floats.
  public let secondMoment: MutableFloats

  /// A value of each field.
  public init(
    step: AdamStep, count: Int, gradient: Floats, parameters: MutableFloats, firstMoment: MutableFloats,
    secondMoment: MutableFloats
  ) {
    (self.step, self.count, self.gradient, self.parameters) = (step, count, gradient, parameters)
    (self.firstMoment, self.secondMoment) = (firstMoment, secondMoment)
  }
}

/// Operands of `nesterovUpdate`: a slice of the parameters.
public struct NesterovUpdate {
  /// How many parameters.
  public let count: Int
  /// The learning rate.
  public let learningRate: Float
  /// The share of the velocity that a step keeps.
  public let momentum: Float
  /// The parameters' gradients, `count` floats.
  public let gradient: Floats
  /// The parameters, `count` floats.
  public let parameters: MutableFloats
  /// The velocities b, `count` floats.
  public let velocity: MutableFloats

  /// A value of each field.
  public init(
    count: Int, learningRate: Float, momentum: Float, gradient: Floats, parameters: MutableFloats,
    velocity: MutableFloats
  ) {
    (self.count, self.learningRate, self.momentum) = (count, learningRate, momentum)
    (self.gradient, self.parameters, self.velocity) = (gradient, parameters, velocity)
  }
}
