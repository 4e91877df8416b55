import Foundations
import Testing
@testable import Reporting

@Suite struct AxisTests {
  /// Whether a number is 1, 2 or 5 times a power of ten, except for rounding.
  private func isRound(_ number: Double) -> Bool {
    let lead = number / PowerOfTen.value(PowerOfTen.exponent(below: number))
    return [1, 2, 5, 10].contains { (lead - $0).magnitude < 1e-6 }
  }

  @Test func linearTicksAreRoundAndCoverTheRange() {
    var stream = RandomStream(Philox(seed: 5), .sample)
    for _ in 0..<2000 {
      let size = Elementary.exp(stream.uniform(-40, 40))
      let low = stream.uniform(-3, 3) * size
      let high = low + stream.uniform(0.01, 2) * size
      let ticks = Axis.linearTicks(low, high, about: 5)
      let values = ticks.map(\.value)
      let step = values[1] - values[0]
      #expect(isRound(step))
      #expect(values[0] <= low + step * 1e-5 && values[values.count - 1] >= high - step * 1e-5)
      #expect((2...8).contains(values.count), "\(low) \(high): \(values)")
      #expect(values[1] > low - step * 1e-5 && values[values.count - 2] < high + step * 1e-5)
      let axis = Axis(covering: [low, high])
      #expect(Set(axis.ticks.map(\.label)).count == axis.ticks.count, "\(axis.ticks)")
    }
  }

  @Test func logarithmicTicksAreRoundAndCoverTheRange() {
    var stream = RandomStream(Philox(seed: 6), .sample)
    for _ in 0..<2000 {
      let low = Elementary.exp(stream.uniform(-30, 20))
      let high = low * Elementary.exp(stream.uniform(0, 30))
      let values = Axis.logarithmicTicks(low, high, about: 5).map(\.value)
      #expect(values.allSatisfy(isRound))
      #expect(values[0] <= low * 1.00001 && values[values.count - 1] >= high * 0.99999)
      #expect((2...12).contains(values.count))
      #expect(values == values.sorted() && Set(values).count == values.count)
    }
  }

  @Test(arguments: [AxisScale.linear, .logarithmic, .nines])
  func nothingTraps(scale: AxisScale) {
    let odd: [Double] = [
      0, -0.0, 1, -1, 0.5, 1e-300, -1e-300, .leastNonzeroMagnitude, 1e300, -1e300, .greatestFiniteMagnitude,
      -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, 1 + 1e-15, 0.9999999, 123_456_789,
    ]
    for first in odd {
      for second in odd {
        for isPercent in [false, true] {
          let axis = Axis(covering: [first, second], scale: scale, isPercent: isPercent)
          #expect(axis.ticks.count >= 2 && axis.ticks.count < 30)
          for value in odd {
            if let position = axis.position(value) { #expect((0...1).contains(position)) }
          }
          #expect(axis.position(.nan) == nil)
          #expect(axis.ticks.allSatisfy { $0.value.isFinite && !$0.label.isEmpty })
        }
      }
    }
    #expect(Axis(covering: [], scale: scale).ticks.count >= 2)
  }

  @Test func tickLabels() {
    #expect(Axis(covering: [0, 1]).ticks.map(\.label) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(
      Axis(covering: [0, 42_000]).ticks.map(\.label) == [
        "0", "10,000", "20,000", "30,000", "40,000", "50,000",
      ])
    #expect(Axis(covering: [1, 12], about: 6).ticks.map(\.label) == ["0", "2", "4", "6", "8", "10", "12"])
    #expect(
      Axis(covering: [0.03, 0.6], scale: .logarithmic).ticks.map(\.label) == [
        "0.02", "0.05", "0.1", "0.2", "0.5", "1",
      ])
    #expect(
      Axis(covering: [0.9, 0.995], scale: .nines, isPercent: true).ticks.map(\.label)
        == ["90\u{A0}%", "95\u{A0}%", "98\u{A0}%", "99\u{A0}%", "99.5\u{A0}%"])
    #expect(Axis(covering: [0, 2e-7]).ticks.map(\.label).last == "2e-7")
  }

  @Test func accuracyOneIsAtTheUpperEnd() {
    let axis = Axis(covering: [0.9, 1], scale: .nines)
    #expect(axis.position(1) == 1)
    #expect(axis.position(0.9) == 0)
  }
}
