import Foundations
import Runs

/// The trials of a sweep. The first is always the base configuration, so that the winner is compared with it.
extension SearchSpace {
  /// How many trials a sweep has at most.
  public static let mostTrials = 10_000

  /// The base configuration and combinations drawn at random, all different.
  ///
  /// A draw depends on the seed, the trial's number and the option's place in the space, so more trials are the same ones
  /// and others. One that there was before is drawn again.
  ///
  /// - Throws: `usage` if the space has not as many combinations, or one of them is not possible.
  public func random(
    _ count: Int, seed: UInt64, over base: Configuration
  ) throws(KitError) -> [Configuration] {
    try requireRoom(for: count, over: base)
    var trials = [base]
    var drawn: Set<[String?]> = [values(of: base)]
    while trials.count < count {
      let values = try unused(trial: trials.count + 1, seed: seed, drawn)
      drawn.insert(values)
      trials.append(try configuration(values, over: base))
    }
    return trials
  }

  /// The base configuration and all combinations besides, the last option's values changing fastest.
  ///
  /// - Throws: `usage` if an option has a range, there are more trials than a sweep can have, or one is not possible.
  public func grid(over base: Configuration) throws(KitError) -> [Configuration] {
    for option in options {
      guard case .list = option.values else {
        throw KitError(
          .usage, "--\(option.name) is '\(option.text)'; a grid needs values joined by commas, not a range")
      }
    }
    let all = trialCount(over: base) ?? .max
    guard all <= Self.mostTrials else {
      throw KitError(
        .usage, "the grid has \(grouped(all)) trials; at most \(grouped(Self.mostTrials)) are possible")
    }
    var trials = [base]
    let own = values(of: base)
    for number in 0..<(count ?? 0) {
      let values = combination(number)
      if values != own { trials.append(try configuration(values, over: base)) }
    }
    return trials
  }

  /// How many different trials there are with the base configuration; nil with a decimal range.
  public func trialCount(over base: Configuration) -> Int? {
    count.map { $0 == .max || contains(base) ? $0 : $0 + 1 }
  }

  private func requireRoom(for trials: Int, over base: Configuration) throws(KitError) {
    guard (2...Self.mostTrials).contains(trials) else {
      throw KitError(
        .usage,
        "--trials is \(trials); it must be between 2 and \(Self.mostTrials), the first being the base options"
      )
    }
    if let all = trialCount(over: base), all < trials {
      throw KitError(
        .usage,
        "--trials is \(trials); there are \(grouped(all)) different ones, with the base options: --grid trains them all"
      )
    }
  }

  /// The values of a trial that no earlier one has.
  private func unused(trial: Int, seed: UInt64, _ drawn: Set<[String?]>) throws(KitError) -> [String] {
    for attempt in 0..<100 {
      let values = draw(trial: trial, attempt: attempt, seed: seed)
      if !drawn.contains(values) { return values }
    }
    // In a small space that is nearly used up: the first that is left.
    if let count, let number = (0..<count).first(where: { !drawn.contains(combination($0)) }) {
      return combination(number)
    }
    throw KitError(
      .usage,
      "--trials: after \(trial - 1) trials no different one was found; give the options more values or longer ranges"
    )
  }

  private func draw(trial: Int, attempt: Int, seed: UInt64) -> [String] {
    options.enumerated().map { place, option in
      var stream = RandomStream(Philox(seed: seed), .sweep, epoch: attempt << 8 | place, image: trial)
      return option.draw(&stream)
    }
  }

  /// The combination of a number below `count`; the last option's value changes with each.
  private func combination(_ number: Int) -> [String] {
    var rest = number
    var values: [String] = []
    for option in options.reversed() {
      guard let count = option.count else { continue }
      values.append(option.value(rest % count))
      rest /= count
    }
    return values.reversed()
  }
}

extension SearchedOption {
  /// A value at random, as it is typed: each of a list is equally probable; numbers are uniform, or their logarithms are.
  /// Decimals are rounded to four significant digits, so that what is printed is what was tried.
  func draw(_ stream: inout RandomStream) -> String {
    let share = stream.uniform()
    switch values {
    case .list(let texts):
      return texts[min(texts.count - 1, Int(share * Double(texts.count)))]
    case .wholes(let range, let isLogarithmic):
      // Each number has the room of a half to both sides of it.
      let (low, high) = (Double(range.lowerBound) - 0.5, Double(range.upperBound) + 0.5)
      let number = between(low, high, share, isLogarithmic: isLogarithmic).rounded()
      return "\(min(range.upperBound, max(range.lowerBound, Int(number))))"
    case .decimals(let range, let isLogarithmic):
      let (low, high) = (range.lowerBound, range.upperBound)
      let number = rounded(between(low, high, share, isLogarithmic: isLogarithmic), toDigits: 4)
      return withoutPointZero(min(high, max(low, number)))
    }
  }

  /// One of the values that are counted, by its number from 0.
  func value(_ number: Int) -> String {
    switch values {
    case .list(let texts): texts[number]
    case .wholes(let range, _): "\(range.lowerBound + number)"
    case .decimals(let range, _): withoutPointZero(range.lowerBound)
    }
  }
}

private func between(_ low: Double, _ high: Double, _ share: Double, isLogarithmic: Bool) -> Double {
  guard isLogarithmic else { return low + (high - low) * share }
  let (first, last) = (Elementary.log(low), Elementary.log(high))
  return Elementary.exp(first + (last - first) * share)
}

/// A number from 0 with this many significant digits; one that is too small for that stays as it is.
private func rounded(_ number: Double, toDigits digits: Int) -> Double {
  guard number > 1e-290, number < 1e290 else { return number }
  let exponent = PowerOfTen.exponent(below: number) - (digits - 1)
  let whole = (number / PowerOfTen.value(exponent)).rounded()
  return Double("\(Int(whole))e\(exponent)") ?? number
}
