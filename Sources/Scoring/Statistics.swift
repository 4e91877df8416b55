/// Wilson's 95 % interval of a share of which `successes` of `count` were seen (Wilson, 1927): near 1 it keeps its
/// promise where the usual ± 1.96 standard errors does not. 0...1 for a count of 0.
public func wilsonInterval(successes: Int, of count: Int) -> ClosedRange<Double> {
  guard count > 0 else { return 0...1 }
  let (n, z) = (Double(count), normalQuantile975)
  let share = Double(successes) / n
  let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
  let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
  return max(0, centre - half)...min(1, centre + half)
}

/// The 97.5 % quantile of the standard normal distribution.
let normalQuantile975 = 1.959963984540054

/// The mean and the standard deviation of a sample; nil for the deviation of fewer than two values, which have none.
public func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double?) {
  let mean = values.reduce(0, +) / Double(values.count)
  let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return (mean, values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil)
}
