import Foundations

extension RandomStream {
  /// A draw from the normal distribution of mean 0 and variance 1 (Box and Muller's cosine; two uniform draws).
  public mutating func gaussian() -> Double {
    // 1 - uniform() is never 0.
    let radius = (-2 * Elementary.log(1 - uniform())).squareRoot()
    return radius * Elementary.cos(2 * Double.pi * uniform())
  }
}
