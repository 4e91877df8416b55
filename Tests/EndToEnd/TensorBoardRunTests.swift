import TestSupport
import Foundation
import Testing

/// Every run directory's event file, read by TensorBoard's own package, says what `history.csv` says.
@Suite struct TensorBoardRunTests {
  private func read(_ folder: String) throws -> [String: Any] {
    let reader = "\(repository)/Tests/TensorBoardTests/read_events.py"
    let outcome = try run(try #require(pythonWithTensorBoard), [reader, folder])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.json()
  }

  private func expectHistory(_ member: String) throws {
    let found = try read(member)
    let scalars = try #require(found["scalars"] as? [String: [[String: Any]]])
    let rows = try lines("\(member)/history.csv").dropFirst().map { $0.map { Double($0) } }
    let columns = [
      "loss/training": 1, "accuracy/training": 2, "loss/validation": 3, "accuracy/validation": 4,
      "learning_rate": 5,
    ]
    #expect(scalars.keys.sorted() == columns.keys.sorted())
    for (tag, column) in columns {
      let values = scalars[tag]?.map { ($0["step"] as? Int, $0["value"] as? Double) } ?? []
      #expect(values.map(\.0) == rows.map { $0[0].map { Int($0) } }, "\(tag)")
      #expect(values.map { $0.1.map { Float($0) } } == rows.map { $0[column].map { Float($0) } }, "\(tag)")
    }
    let images = try #require(found["images"] as? [String: [[String: Any]]])
    #expect(images["confusion"]?.count == 1 && images["errors"]?.count ?? 0 <= 1)
    let text = try #require(found["text"] as? [String: [[String: Any]]])
    #expect((text["network"]?.first?["text"] as? String)?.contains("8C3-B-P2-D25-16N") == true)
  }

  @Test(.enabled(if: pythonWithTensorBoard != nil, "\(noTensorBoard)"))
  func aRunsEventsAreItsHistory() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/run"
      let arguments = smallNetwork + ["--epochs", "4", "--members", "2", "--quiet"]
      // Killed in the middle, at moments that a whole run passes, and resumed.
      let start = Date()
      try trained("\(folder)/whole", arguments)
      let duration = Date().timeIntervalSince(start)
      try train(path, arguments, signals: [PlannedSignal(number: SIGKILL, moment: .after(duration * 0.6))])
      if FileManager.default.fileExists(atPath: "\(path)/member-1/configuration.json") {
        #expect(try resume(path, ["--quiet"]).status == 0)
      } else {
        try trained(path, arguments + ["--force"])
      }
      for member in ["\(folder)/whole/member-1", "\(folder)/whole/member-2"] { try expectHistory(member) }
      // Pictures are of trainings that end in the process; the scalars are whole in any case.
      for number in 1...2 {
        let found = try read("\(path)/member-\(number)")
        let scalars = try #require(found["scalars"] as? [String: [[String: Any]]])
        #expect(scalars["loss/training"]?.map { $0["step"] as? Int } == [1, 2, 3, 4])
      }
    }
  }
}
