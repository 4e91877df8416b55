import Foundations
import Runs
import Scoring

extension Average {
  /// What the mean probabilities add to the votes: enough to break ties, too little to turn a majority.
  private static let tieBreak = 1e-6

  /// A probability of each class for each of `count` images, combined from the members' opinions, in their order.
  ///
  /// - Parameters:
  ///   - opinions: at least one for each image.
  ///   - weight: how much an opinion, by its place in `opinions`, counts for an image.
  func combine(
    _ opinions: [Opinion], count: Int, classes: Int, weight: (_ opinion: Int, _ place: Int) -> Double
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: count * classes)
    var votes = [Double](repeating: 0, count: self == .vote ? count * classes : 0)
    var totals = [Double](repeating: 0, count: count)
    for (number, opinion) in opinions.enumerated() {
      for (index, place) in opinion.places.enumerated() {
        let weight = weight(number, place)
        totals[place] += weight
        var best = 0
        for digit in 0..<classes {
          let probability = opinion.probabilities[index * classes + digit]
          if probability > opinion.probabilities[index * classes + best] { best = digit }
          // A probability of 0 would forbid a class for good.
          sums[place * classes + digit] +=
            weight * (self == .geometric ? Elementary.log(max(probability, 1e-15)) : probability)
        }
        if self == .vote { votes[place * classes + best] += weight }
      }
    }
    for place in 0..<count {
      let range = place * classes..<(place + 1) * classes
      switch self {
      case .arithmetic: for index in range { sums[index] /= totals[place] }
      case .geometric: normalize(&sums, range, total: totals[place])
      case .vote:
        for index in range {
          let mean = sums[index] / totals[place]
          sums[index] = (votes[index] / totals[place] + Self.tieBreak * mean) / (1 + Self.tieBreak)
        }
      }
    }
    return sums
  }

  /// Sums of weighted logarithms to probabilities.
  private func normalize(_ sums: inout [Double], _ range: Range<Int>, total: Double) {
    var largest = -Double.infinity
    for index in range { largest = max(largest, sums[index] / total) }
    var sum = 0.0
    for index in range {
      sums[index] = Elementary.exp(sums[index] / total - largest)
      sum += sums[index]
    }
    for index in range { sums[index] /= sum }
  }
}
