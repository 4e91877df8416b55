import Checkpoints
import Competition
import Foundations

/// Which rows of a table an ensemble's members know, by what their checkpoints say of the rows and the split.
public struct SeenRows: Sendable {
  /// For each member and row, whether the row, or one with the same image, was trained on.
  private let isTrainedOn: [[Bool]]
  /// For each member and row, whether the member reads the row: it was not trained on it, and if it chose its epoch by it,
  /// no other member of its source can do without.
  private let isAsked: [[Bool]]
  /// For each row, whether a member that reads it chose its epoch by it.
  public let hasChosen: [Bool]
  /// Members whose rows came from another table: nothing can be said of them.
  public let strangers: [Int]
  private let sources: [Int]

  /// Works out what the members of an ensemble saw. Throws `badData` if a checkpoint describes an impossible split.
  public init(of ensemble: Ensemble, in table: DigitTable) throws(KitError) {
    let digest = table.digest()
    let equals = table.firstEqualRows()
    let none = [Bool](repeating: false, count: table.count)
    var known: [(origin: Checkpoint.Origin, isTrainedOn: [Bool], hasChosen: [Bool])] = []
    var (trained, chosen): ([[Bool]], [[Bool]]) = ([], [])
    var strangers: [Int] = []
    for (number, member) in ensemble.members.enumerated() {
      let origin = member.checkpoint.origin
      if origin.rowsDigest != digest {
        strangers.append(number)
        known.append((origin, none, none))
      } else if !known.contains(where: { $0.origin.hasSameSplit(as: origin) }) {
        let split: RowSplit
        do {
          split = try origin.split(of: table)
        } catch {
          throw KitError(.badData, "\(member.path): \(error.message)")
        }
        var isTrainedOn = none
        for row in split.training { isTrainedOn[equals[row]] = true }
        for row in isTrainedOn.indices where isTrainedOn[equals[row]] { isTrainedOn[row] = true }
        var hasChosen = none
        if origin.isSelected { for row in split.validation { hasChosen[row] = true } }
        known.append((origin, isTrainedOn, hasChosen))
      }
      let own = known.last { $0.origin.hasSameSplit(as: origin) }
      trained.append(own?.isTrainedOn ?? none)
      chosen.append(own?.hasChosen ?? none)
    }
    sources = ensemble.members.map(\.source)
    isTrainedOn = trained
    self.strangers = strangers
    (isAsked, hasChosen) = Self.asked(trained, chosen, sources, rows: table.count)
  }

  /// Which members read which rows, and which rows are read by a member that chose its epoch by them.
  private static func asked(
    _ trained: [[Bool]], _ chosen: [[Bool]], _ sources: [Int], rows: Int
  ) -> (isAsked: [[Bool]], hasChosen: [Bool]) {
    var isAsked = trained.map { $0.map { !$0 } }
    var hasChosen = [Bool](repeating: false, count: rows)
    for source in Set(sources).sorted() {
      let members = sources.indices.filter { sources[$0] == source }
      for row in 0..<rows {
        let isPure = members.contains { !trained[$0][row] && !chosen[$0][row] }
        for member in members where isAsked[member][row] && chosen[member][row] {
          if isPure { isAsked[member][row] = false } else { hasChosen[row] = true }
        }
      }
    }
    return (isAsked, hasChosen)
  }

  /// The rows of which every source has a member that was not trained on it, ascending.
  public var unseen: [Int] {
    let bySource = Set(sources).sorted().map { source in sources.indices.filter { sources[$0] == source } }
    return hasChosen.indices.filter { row in
      bySource.allSatisfy { members in members.contains { isAsked[$0][row] } }
    }
  }

  /// For each member the places in `rows` that it reads.
  public func unseenPlaces(in rows: [Int]) -> [[Int]] {
    isAsked.map { asked in rows.indices.filter { asked[rows[$0]] } }
  }

  /// How many of some rows at least one member was trained on.
  public func trainedOn(_ rows: [Int]) -> Int {
    rows.count { row in isTrainedOn.contains { $0[row] } }
  }
}

extension Checkpoint.Origin {
  fileprivate func hasSameSplit(as other: Checkpoint.Origin) -> Bool {
    rowsDigest == other.rowsDigest && limit == other.limit && splitSeed == other.splitSeed
      && splitFraction == other.splitFraction
      && fold?.number == other.fold?.number && fold?.count == other.fold?.count
      && fold?.repeats == other.fold?.repeats && isSelected == other.isSelected
  }
}
