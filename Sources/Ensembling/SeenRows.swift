import Checkpoints
import Competition
import Foundations
import Runs

/// Which rows of a table an ensemble's members were trained on, by what their checkpoints say of the rows and the split.
public struct SeenRows: Sendable {
  /// For each member and row, whether the row, or one with the same image, was trained on.
  private let isTrainedOn: [[Bool]]
  /// For each member and row, whether the member predicts the row: it was not trained on it, and it did not choose its
  /// epoch by it either, unless its source has no other member for the row.
  private let predicts: [[Bool]]
  /// For each row, whether a member that predicts it chose its epoch by it.
  public let hasChosen: [Bool]
  /// Members that were trained on rows of another table: what they saw of this one is not known.
  public let strangers: [Int]
  private let sources: [Int]
  /// For each row, whether it is used: not dropped.
  private let isUsed: [Bool]

  /// Works out what the members of an ensemble saw. Throws `badData` if a checkpoint describes an impossible split.
  public init(of ensemble: Ensemble, in table: DigitTable) throws(KitError) {
    var isUsed = [Bool](repeating: false, count: table.count)
    for row in table.rows { isUsed[row] = true }
    self.isUsed = isUsed
    // A member may have been trained on the same rows with their own labels, or corrected otherwise.
    var versions = try Versions(of: table)
    let equals = try table.firstEqualRows()
    let none = [Bool](repeating: false, count: table.count)
    var known: [(origin: Checkpoint.Origin, isTrainedOn: [Bool], hasChosen: [Bool])] = []
    var (trained, chosen): ([[Bool]], [[Bool]]) = ([], [])
    var strangers: [Int] = []
    for (number, member) in ensemble.members.enumerated() {
      let origin = member.checkpoint.origin
      let version = try versions.table(ofMember: member)
      guard let version else {
        strangers.append(number)
        known.append((origin, none, none))
        trained.append(none)
        chosen.append(none)
        continue
      }
      if !known.contains(where: { $0.origin.hasSameSplit(as: origin) }) {
        let split: RowSplit
        do {
          split = try origin.split(of: version)
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
    (predicts, hasChosen) = Self.predicting(trained, chosen, sources, rows: table.count)
  }

  /// Which members predict which rows, and which rows are predicted by a member that chose its epoch by them.
  private static func predicting(
    _ trained: [[Bool]], _ chosen: [[Bool]], _ sources: [Int], rows: Int
  ) -> (predicts: [[Bool]], hasChosen: [Bool]) {
    var predicts = trained.map { $0.map { !$0 } }
    var hasChosen = [Bool](repeating: false, count: rows)
    for source in Set(sources).sorted() {
      let members = sources.indices.filter { sources[$0] == source }
      for row in 0..<rows {
        let isPure = members.contains { !trained[$0][row] && !chosen[$0][row] }
        for member in members where predicts[member][row] && chosen[member][row] {
          if isPure { predicts[member][row] = false } else { hasChosen[row] = true }
        }
      }
    }
    return (predicts, hasChosen)
  }

  /// The rows of which every source has a member that was not trained on it, ascending.
  public var unseen: [Int] {
    let bySource = Set(sources).sorted().map { source in sources.indices.filter { sources[$0] == source } }
    return hasChosen.indices.filter { row in
      isUsed[row] && bySource.allSatisfy { members in members.contains { predicts[$0][row] } }
    }
  }

  /// For each member the places in `rows` of those that it predicts.
  public func unseenPlaces(in rows: [Int]) -> [[Int]] {
    predicts.map { predicts in rows.indices.filter { predicts[rows[$0]] } }
  }

  /// The members that predict a row.
  public func members(predicting row: Int) -> [Int] { predicts.indices.filter { predicts[$0][row] } }

  /// How many of some rows at least one member was trained on.
  public func trainedOn(_ rows: [Int]) -> Int {
    rows.count { row in isTrainedOn.contains { $0[row] } }
  }
}

/// The table with the labels that members were trained with, found by the digests of their rows.
private struct Versions {
  private let table: DigitTable
  private var known: [(digest: String, table: DigitTable)] = []

  init(of table: DigitTable) throws(KitError) {
    self.table = table
    known = [(try table.digest(), table)]
  }

  /// The version that a member was trained on; nil if that was another table.
  mutating func table(ofMember member: Ensemble.Member) throws(KitError) -> DigitTable? {
    let digest = member.checkpoint.origin.rowsDigest
    if let found = known.first(where: { $0.digest == digest }) { return found.table }
    // Its configuration says how its labels were corrected; with none, they were not.
    let file = ConfigurationFile.beside(checkpoint: member.path)
    for fixes in [file?.fixes, nil] where fixes != nil || table.fixes != nil {
      guard let version = try? table.corrected(by: fixes, name: "") else { continue }
      known.append((try version.digest(), version))
      if known[known.count - 1].digest == digest { return version }
    }
    return nil
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
