import Runs
import Testing

/// Which rows an epoch visits.
@Suite struct LearntRowsTests {
  @Test(arguments: [1, 2, 3, 4, 8, 12, 16, 45]) func everyRowIsVisitedAtLeastInEveryThirdEpoch(epochs: Int) {
    var learnt = LearntRows(rows: 30)
    for row in 0..<30 { learnt.visited(row, isLearnt: row % 2 == 0) }
    learnt.endEpoch()
    let quarter = (epochs + 3) / 4
    for row in 0..<30 {
      let visits = (0..<epochs).map { learnt.visits(row, epoch: $0, of: epochs) }
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
    var learnt = LearntRows(rows: 3)
    #expect(learnt.visits(1, epoch: 4, of: 12))
    learnt.visited(1, isLearnt: true)
    #expect(learnt.visits(1, epoch: 4, of: 12))
    learnt.endEpoch()
    #expect(!learnt.visits(1, epoch: 4, of: 12))
    #expect(learnt.visits(1, epoch: 5, of: 12))
    // Forgotten, which the next epoch knows.
    learnt.visited(1, isLearnt: false)
    #expect(!learnt.visits(1, epoch: 6, of: 12))
    learnt.endEpoch()
    #expect(learnt.visits(1, epoch: 6, of: 12))
    #expect(learnt.marks == [0, 0, 0])
  }
}
