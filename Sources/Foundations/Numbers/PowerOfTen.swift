/// Powers of ten, as decimal numbers round them.
public enum PowerOfTen {
  /// The double nearest to 10 to the power of `exponent`; 0 below the smallest.
  public static func value(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 0 }

  /// The largest k with 10^k ≤ `x`; `x` is finite and above 0.
  public static func exponent(below x: Double) -> Int {
    var guess = Int((Elementary.log(x) / Elementary.log(10)).rounded(.down))
    while guess > -323, value(guess) > x { guess -= 1 }
    while guess < 308, value(guess + 1) <= x { guess += 1 }
    return guess
  }
}
