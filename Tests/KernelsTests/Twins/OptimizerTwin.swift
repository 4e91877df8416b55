import KernelShapes

enum OptimizerTwin {
  static func adam(
    _ count: Int, _ step: AdamStep, _ gradient: Floats, _ parameters: MutableFloats, _ first: MutableFloats,
    _ second: MutableFloats
  ) {
    for index in 0..<count {
      let square = gradient[index] * gradient[index]
      first[index] = step.beta1 * first[index] + (1 - step.beta1) * gradient[index]
      second[index] = step.beta2 * second[index] + (1 - step.beta2) * square
      let deviation = second[index].squareRoot() / step.secondCorrection + step.epsilon
      parameters[index] = parameters[index] * step.decay - step.stepSize * (first[index] / deviation)
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
