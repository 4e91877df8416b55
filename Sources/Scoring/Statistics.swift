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

/// Where the mean of what a sample was drawn from lies with 95 % confidence, by Student's t distribution; nil for fewer than
/// two values, which have no spread, and for values that are not finite.
public func meanInterval(_ values: [Double]) -> ClosedRange<Double>? {
  let (mean, deviation) = meanAndDeviation(values)
  guard let deviation, deviation.isFinite else { return nil }
  let half = studentQuantile975(values.count - 1) * deviation / Double(values.count).squareRoot()
  return mean - half...mean + half
}

/// The 97.5 % quantile of Student's t distribution: exact for one and two degrees of freedom, else by the expansion of
/// Abramowitz and Stegun, 26.7.5, whose error is below 0.004.
func studentQuantile975(_ freedom: Int) -> Double {
  if freedom <= 1 { return 12.706204736174694 }
  if freedom == 2 { return 4.302652729749464 }
  let (z, n) = (normalQuantile975, Double(freedom))
  let s = z * z
  let first = (s + 1) * z / 4
  let second = ((5 * s + 16) * s + 3) * z / 96
  let third = (((3 * s + 19) * s + 17) * s - 15) * z / 384
  let fourth = ((((79 * s + 776) * s + 1482) * s - 1920) * s - 945) * z / 92_160
  return z + (first + (second + (third + fourth / n) / n) / n) / n
}
