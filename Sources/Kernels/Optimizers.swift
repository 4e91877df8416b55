import CMachine
import KernelShapes

// Each parameter is on its own; square root and division are IEEE 754's, so any vector width gives the same bits.

/// Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019), with epsilon where PyTorch has it:
///
///     p ← p · decay
///     m ← β₁ · m + (1 - β₁) · g
///     v ← β₂ · v + (1 - β₂) · g²
///     p ← p - stepSize · m / (√v / secondCorrection + ε)
public func adamUpdate(
  _ count: Int, _ step: AdamStep, _ gradient: UnsafePointer<Float>, _ parameters: UnsafeMutablePointer<Float>,
  _ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>
) {
  let (beta1, beta2, epsilon, decay) = (step.beta1, step.beta2, step.epsilon, step.decay)
  let (stepSize, correction) = (step.stepSize, step.secondCorrection)
  let (rest1, rest2) = (1 - beta1, 1 - beta2)
  for index in 0..<count {
    let g = gradient[index]
    let m = beta1 * first[index] + rest1 * g
    let v = beta2 * second[index] + rest2 * (g * g)
    first[index] = m
    second[index] = v
    parameters[index] =
      parameters[index] * decay - stepSize * (m / (correctlyRoundedSquareRoot(v) / correction + epsilon))
  }
}

/// Stochastic gradient descent with Nesterov momentum as PyTorch has it:
///
///     b ← momentum · b + g
///     p ← p - learningRate · (g + momentum · b)
public func nesterovUpdate(
  _ count: Int, _ learningRate: Float, _ momentum: Float, _ gradient: UnsafePointer<Float>,
  _ parameters: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>
) {
  for index in 0..<count {
    let b = momentum * velocity[index] + gradient[index]
    velocity[index] = b
    parameters[index] -= learningRate * (gradient[index] + momentum * b)
  }
}
