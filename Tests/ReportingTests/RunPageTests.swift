import Competition
import Compute
import Foundations
import Runs
import Scoring
import TestSupport
import Testing
@testable import Reporting

@Suite struct RunPageTests {
  /// Predictions that a training just made are taken as they are: there is not even a checkpoint to predict with.
  @Test func knownPredictionsAreNotMadeAgain() throws {
    try withTemporaryFolder { folder in
      let table = smallTable(rows: 60)
      let configuration = smallConfiguration()
      let member = RunDirectory.member(1, of: folder)
      try member.write(ConfigurationFile(configuration, data: "nowhere", table: table))
      func page(_ predictions: Predictions?) throws -> RunPage {
        try RunPage(
          of: folder, table: table, data: nil, predictions: predictions, threads: 1,
          kernels: InstructionSets.detected())
      }
      let unscored = try page(nil)
      #expect(unscored.report.evaluation == nil)
      #expect(unscored.report.scoredOn.hasPrefix("Nothing was scored: \(member.path) has no checkpoint yet"))
      #expect(unscored.notes.isEmpty)
      let rows = try configuration.split(of: table).validation
      let probabilities = rows.flatMap { row in (0..<10).map { $0 == Int(table.labels[row]) ? 1.0 : 0 } }
      let opinion = Opinion(member: 0, places: Array(rows.indices), probabilities: probabilities)
      let scored = try page(Predictions(probabilities: probabilities, opinions: [opinion]))
      #expect(scored.report.evaluation?.rows == rows && scored.report.evaluation?.accuracy == 1)
      #expect(scored.report.scoredOn.contains("also used to choose the epoch"))
    }
  }
}
