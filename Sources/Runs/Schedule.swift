import Foundations

/// How the learning rate changes during training.
public enum Schedule: String, Sendable, CaseIterable {
  /// The same all the time.
  case constant
  /// Times 0.95 after every epoch, as Kaggle's best-known notebook has it.
  case step
  /// Half a cosine from the full rate to zero (Loshchilov and Hutter, 2017).
  case cosine
  /// Half a cosine up from 1/25 of the rate over the first 30 % of the steps, then one down to 1/250,000 of it (Smith
  /// and Topin, 2018, with PyTorch's numbers).
  case oneCycle = "one-cycle"

  /// The factor on the learning rate for a step, counted from 0 over the whole training.
  public func factor(step: Int, stepsPerEpoch: Int, epochs: Int) -> Double {
    let total = stepsPerEpoch * epochs
    switch self {
    case .constant: return 1
    case .step:
      var factor = 1.0
      for _ in 0..<(step / stepsPerEpoch) { factor *= 0.95 }
      return factor
    case .cosine: return halfCosine(from: 1, to: 0, Double(step) / Double(total))
    case .oneCycle:
      let peak = 0.3 * Double(total) - 1
      let position = Double(step)
      if position <= peak { return halfCosine(from: 0.04, to: 1, position / peak) }
      return halfCosine(from: 1, to: 0.04 * 1e-4, (position - peak) / (Double(total) - 1 - peak))
    }
  }

  private func halfCosine(from start: Double, to end: Double, _ share: Double) -> Double {
    end + (start - end) * 0.5 * (1 + Elementary.cos(Double.pi * min(1, max(0, share))))
  }
}
