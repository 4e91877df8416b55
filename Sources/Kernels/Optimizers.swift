import CMachine
import KernelShapes

// Each parameter is independent; square root and division are IEEE 754's, so any vector width gives the same bits.

extension Level {
  /// Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019), with epsilon where PyTorch has it:
  ///
  ///     p ← p · decay
  ///     m ← β₁ · m + (1 - β₁) · g        the sums fused: the second product is rounded first
  ///     v ← β₂ · v + ((1 - β₂) · g) · g        likewise
  ///     p ← p - stepSize · (m / (√v + ε))
  ///
  /// The second moment's correction is in `stepSize` and ε: see `AdamStep`.
  func adamUpdate(_ operands: AdamUpdate) {
    let step = operands.step
    let (beta1, beta2, epsilon, decay, stepSize) = (
      step.beta1, step.beta2, step.epsilon, step.decay, step.stepSize
    )
    let (rest1, rest2) = (1 - beta1, 1 - beta2)
    let (gradient, parameters) = (operands.gradient, operands.parameters)
    let (first, second) = (operands.firstMoment, operands.secondMoment)
    for index in 0..<operands.count {
      let g = gradient[index]
      let m = (rest1 * g).addingProduct(beta1, first[index])
      let v = (rest2 * g * g).addingProduct(beta2, second[index])
      first[index] = m
      second[index] = v
      parameters[index] =
        parameters[index] * decay - stepSize * (m / (correctlyRoundedSquareRoot(v) + epsilon))
    }
  }

  /// Stochastic gradient descent with Nesterov momentum as PyTorch has it:
  ///
  ///     b ← momentum · b + g
  ///     p ← p - learningRate · (g + momentum · b)
  func nesterovUpdate(_ operands: NesterovUpdate) {
    let (learningRate, momentum) = (operands.learningRate, operands.momentum)
    let (gradient, parameters, velocity) = (operands.gradient, operands.parameters, operands.velocity)
    for index in 0..<operands.count {
      let b = momentum * velocity[index] + gradient[index]
      velocity[index] = b
      parameters[index] -= learningRate * (gradient[index] + momentum * b)
    }
  }
}
