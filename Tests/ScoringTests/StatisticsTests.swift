import Testing
@testable import Scoring

@Suite struct StatisticsTests {
  /// Against the tables of Student's distribution.
  @Test(arguments: [
    (1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (10, 2.2281), (30, 2.0423), (1000, 1.9623),
  ])
  func studentsQuantile(freedom: Int, expected: Double) {
    #expect((studentQuantile975(freedom) - expected).magnitude < 0.005)
  }

  @Test func aMeansInterval() throws {
    let interval = try #require(meanInterval([1, 2, 3, 4]))
    #expect(
      (interval.lowerBound - 0.4457).magnitude < 0.003 && (interval.upperBound - 4.5543).magnitude < 0.003)
    #expect(meanInterval([3]) == nil && meanInterval([]) == nil && meanInterval([1, .nan]) == nil)
    #expect(meanInterval([2, 2]) == 2...2)
  }
}
