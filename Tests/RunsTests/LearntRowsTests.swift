import Runs
import Testing

/// Which rows an epoch visits.
@Suite struct LearntRowsTests {
  @Test(arguments: [1, 2, 3, 4, 8, 12, 16, 45]) func everyRowIsVisitedAtLeastInEveryThirdEpoch(epochs: Int) {
    var learnt = LearntRows(rows: 30)
    for row in 0..<30 { learnt.note(row, isLearnt: row % 2 == 0) }
    learnt.endEpoch()
    let visited = (0..<epochs).map { learnt.visited(Array((0..<30).reversed()), epoch: $0, of: epochs) }
    for rows in visited { #expect(rows == rows.sorted(by: >), "the order given") }
    let quarter = (epochs + 3) / 4
    for row in 0..<30 {
      let visits = visited.map { $0.contains(row) }
      for epoch in 0..<epochs {
        // A row that is not learnt, the first quarter and the last two epochs.
        if row % 2 == 1 || epoch < quarter || epoch >= epochs - 2 { #expect(visits[epoch]) }
      }
      guard row % 2 == 0, quarter + 3 <= epochs - 2 else { continue }
      for first in quarter...epochs - 5 {
        #expect(visits[first..<first + 3].count { $0 } == 1, "row \(row), epochs from \(first)")
      }
    }
  }

  /// What an epoch visits is decided before it: it can be asked again after a stop within the epoch.
  @Test func visitsCountFromTheNextEpochOn() {
    func visits(_ learnt: LearntRows, epoch: Int) -> Bool {
      !learnt.visited([1], epoch: epoch, of: 12).isEmpty
    }
    var learnt = LearntRows(rows: 3)
    #expect(visits(learnt, epoch: 4))
    learnt.note(1, isLearnt: true)
    #expect(visits(learnt, epoch: 4))
    learnt.endEpoch()
    #expect(!visits(learnt, epoch: 4))
    #expect(visits(learnt, epoch: 5))
    // Forgotten, which the next epoch knows.
    learnt.note(1, isLearnt: false)
    #expect(!visits(learnt, epoch: 6))
    learnt.endEpoch()
    #expect(visits(learnt, epoch: 6))
    #expect(learnt.marks == [0, 0, 0])
  }
}
