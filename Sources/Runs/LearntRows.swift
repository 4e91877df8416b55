/// Which training rows an epoch visits: all, or fewer of those that were learnt.
///
/// After a few epochs most digits are read with near certainty, and steps on them change next to nothing (Jiang et al.,
/// 2019, "Accelerating deep learning by focusing on the biggest losers", who draw rows by their loss; here the learnt
/// ones take turns). A row is learnt if its label had at least the probability of `--skip-learnt` when it was last
/// visited. Between the first quarter of the epochs and the last two, each epoch visits a third of these, another third
/// every time. The last epochs visit all again, so that the statistics of batch normalization and the probabilities are
/// those of all rows.
public struct LearntRows: Sendable, Equatable {
  /// Epochs in which a learnt row is visited once.
  static let turns = 3
  /// Epochs at the end that visit all rows.
  static let fullEpochs = 2

  /// For each row of the table 1 if it was learnt before the epoch, plus 2 if it was at its last visit. Between epochs
  /// both are the same.
  public internal(set) var marks: [UInt8]

  /// Nothing learnt yet, in a table of some rows.
  public init(rows: Int) { marks = [UInt8](repeating: 0, count: rows) }

  init(marks: [UInt8]) { self.marks = marks }

  /// Those of some rows that an epoch, counted from 0, visits, in their order.
  public func visited(_ rows: [Int], epoch: Int, of epochs: Int) -> [Int] {
    guard epoch >= (epochs + 3) / 4, epoch < epochs - Self.fullEpochs else { return rows }
    return rows.filter { marks[$0] & 1 == 0 || ($0 + epoch) % Self.turns == 0 }
  }

  /// Notes whether a row was learnt when it was visited. The epoch's rows stay the same for it.
  public mutating func note(_ row: Int, isLearnt: Bool) {
    marks[row] = marks[row] & 1 | (isLearnt ? 2 : 0)
  }

  /// The next epoch goes by the last visits.
  public mutating func endEpoch() {
    for row in marks.indices { marks[row] = marks[row] & 2 == 0 ? 0 : 3 }
  }
}
