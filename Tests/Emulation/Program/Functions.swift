// What the emulated program computes beside the kernels: functions of doubles that reach promised bytes. This file is
// compiled for both sides, so that both have the same operands.

/// Operands of a function of one double.
struct FunctionOperands {
  /// How many values.
  let count: Int
  /// `count` doubles.
  let values: UnsafePointer<Double>
  /// The function of each, `count` doubles.
  let results: UnsafeMutablePointer<Double>
}

/// Operands of softmax with cross-entropy.
struct LossOperands {
  /// How many logits.
  let classes: Int
  /// The image's class.
  let label: Int
  /// The share of the label that is spread over the classes.
  let smoothing: Double
  /// `classes` floats.
  let logits: UnsafePointer<Float>
  /// `classes` doubles.
  let probabilities: UnsafeMutablePointer<Double>
  /// One double.
  let loss: UnsafeMutablePointer<Double>
}
