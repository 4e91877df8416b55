import Compute
import Foundations
import Runs
import TestSupport
import Testing
@testable import Training

@Suite struct LearningRateRangeTests {
  private func range(threads: Int) throws -> LearningRateRange {
    let table = smallTable(rows: 60)
    var configuration = smallConfiguration()
    configuration.optimizer = .adam
    return try LearningRateRange(
      of: configuration, table: table, rows: Array(0..<50), threads: threads,
      kernels: InstructionSets.detected()
    ) { _, _ in true }
  }

  @Test func ratesRiseAndThreadsDoNotMatter() throws {
    let (one, two) = (try range(threads: 1), try range(threads: 3))
    let rates = one.points.map(\.learningRate)
    #expect(rates.count > 100 && rates == rates.sorted() && rates[0] == 1e-6)
    #expect(abs(rates[40] / rates[0] - 10) < 1e-9)
    #expect(one.points.map(\.loss) == two.points.map(\.loss))
    #expect((1...6).contains(one.points[0].loss))
  }

  @Test func stopsWhenItIsAsked() throws {
    let error = #expect(throws: KitError.self) {
      try LearningRateRange(
        of: smallConfiguration(), table: smallTable(rows: 60), rows: [1, 2, 3], threads: 1,
        kernels: InstructionSets.detected()
      ) { done, _ in done < 5 }
    }
    #expect(error?.kind == .stopped)
  }

  private func suggestion(_ losses: [Double]) -> Double? {
    LearningRateRange(
      points: losses.enumerated().map {
        .init(learningRate: 1e-4 * Double(1 << $0.offset), loss: $0.element)
      }
    ).suggestion
  }

  @Test func suggestionIsWhereTheFallIsNearlyDone() {
    // 85 % of the fall from 2 to 1 is done at the fourth point, 0.0008; the lowest is far to its right.
    #expect(suggestion([2, 1.9, 1.5, 1.1, 1.05, 1.01, 1.0, 1.4]) == 0.0008)
    // The lowest point is just before the rise: a third of its rate.
    #expect(suggestion([2, 1.9, 1.8, 1.7, 1.0, 4]) == 0.0005)
    #expect(suggestion([2, 1.95, 1.9, 5]) == nil)
    #expect(suggestion([]) == nil)
  }
}
