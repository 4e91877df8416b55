import Compute

extension ScalarTwin {
  func adamUpdate(_ operands: AdamUpdate) {
    let step = operands.step
    let (parameters, first, second) = (operands.parameters, operands.firstMoment, operands.secondMoment)
    for index in 0..<operands.count {
      let g = operands.gradient[index]
      first[index] = ((1 - step.beta1) * g).addingProduct(step.beta1, first[index])
      second[index] = ((1 - step.beta2) * g * g).addingProduct(step.beta2, second[index])
      let direction = first[index] / (second[index].squareRoot() + step.epsilon)
      parameters[index] = parameters[index] * step.decay - step.stepSize * direction
    }
  }

  func nesterovUpdate(_ operands: NesterovUpdate) {
    let (gradient, parameters, velocity) = (operands.gradient, operands.parameters, operands.velocity)
    for index in 0..<operands.count {
      velocity[index] = operands.momentum * velocity[index] + gradient[index]
      let direction = gradient[index] + operands.momentum * velocity[index]
      parameters[index] = parameters[index] - operands.learningRate * direction
    }
  }
}
