import Foundations

/// How the learning rate changes during training.
public enum Schedule: String, Sendable, CaseIterable {
  /// Constant.
  case constant
  /// Times 0.95 after each epoch, as in Kaggle's best-known notebook.
  case step
  /// Half a cosine, from the full rate to zero (Loshchilov and Hutter, 2017).
  case cosine
  /// Half a cosine up from 1/25 of the rate during the first 30 % of the steps, then half a cosine down to 1/250,000 of
  /// the rate (Smith and Topin, 2018, with PyTorch's defaults).
  case oneCycle = "one-cycle"

  /// The factor by which a step's learning rate is multiplied, between 0 and 1. Steps are counted from 0 over the whole
  /// training.
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
