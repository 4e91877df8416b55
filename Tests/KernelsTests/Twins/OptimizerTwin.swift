import KernelShapes

enum OptimizerTwin {
  static func adam(
    _ count: Int, _ step: AdamStep, _ gradient: Floats, _ parameters: MutableFloats, _ first: MutableFloats,
    _ second: MutableFloats
  ) {
    for index in 0..<count {
      let g = gradient[index]
      first[index] = ((1 - step.beta1) * g).addingProduct(step.beta1, first[index])
      second[index] = ((1 - step.beta2) * g * g).addingProduct(step.beta2, second[index])
      let direction = first[index] / (second[index].squareRoot() + step.epsilon)
      parameters[index] = parameters[index] * step.decay - step.stepSize * direction
    }
  }

  static func nesterov(
    _ count: Int, _ learningRate: Float, _ momentum: Float, _ gradient: Floats,
    _ parameters: MutableFloats, _ velocity: MutableFloats
  ) {
    for index in 0..<count {
      velocity[index] = momentum * velocity[index] + gradient[index]
      let direction = gradient[index] + momentum * velocity[index]
      parameters[index] = parameters[index] - learningRate * direction
    }
  }
}
