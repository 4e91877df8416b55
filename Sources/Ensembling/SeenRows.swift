import Competition
import Foundations
import NeuralNetworks
import Training

/// Which rows of a table an ensemble's members know, by what their checkpoints say of the rows and the split.
public struct SeenRows: Sendable {
  /// For each member and row, whether the row, or one with the same image, was trained on.
  private let isTrainedOn: [[Bool]]
  /// For each row, whether some member's epoch was chosen by its score.
  public let hasChosen: [Bool]
  /// Members whose rows came from another table: nothing can be said of them.
  public let strangers: [Int]
  private let sources: [Int]

  /// Works out what the members of an ensemble saw. Throws `badData` if a checkpoint describes an impossible split.
  public init(of ensemble: Ensemble, in table: DigitTable) throws(KitError) {
    let digest = table.digest()
    let equals = table.firstEqualRows()
    var known: [(origin: Checkpoint.Origin, isTrainedOn: [Bool])] = []
    var all: [[Bool]] = []
    var hasChosen = [Bool](repeating: false, count: table.count)
    var strangers: [Int] = []
    for (number, member) in ensemble.members.enumerated() {
      let origin = member.checkpoint.origin
      guard origin.rowsDigest == digest else {
        strangers.append(number)
        all.append([Bool](repeating: false, count: table.count))
        continue
      }
      if let same = known.first(where: { $0.origin.hasSameSplit(as: origin) }) {
        all.append(same.isTrainedOn)
        continue
      }
      let split: RowSplit
      do {
        split = try origin.split(of: table)
      } catch {
        throw KitError(.badData, "\(member.path): \(error.message)")
      }
      var isTrainedOn = [Bool](repeating: false, count: table.count)
      for row in split.training { isTrainedOn[equals[row]] = true }
      for row in isTrainedOn.indices where isTrainedOn[equals[row]] { isTrainedOn[row] = true }
      if origin.isSelected { for row in split.validation { hasChosen[row] = true } }
      known.append((origin, isTrainedOn))
      all.append(isTrainedOn)
    }
    isTrainedOn = all
    self.hasChosen = hasChosen
    self.strangers = strangers
    sources = ensemble.members.map(\.source)
  }

  /// The rows of which every source has a member that was not trained on it, ascending.
  public var unseen: [Int] {
    let count = hasChosen.count
    return (0..<count).filter { row in
      var index = 0
      // Members of a source stand together.
      while index < sources.count {
        let source = sources[index]
        var isUnseen = false
        while index < sources.count && sources[index] == source {
          if !isTrainedOn[index][row] { isUnseen = true }
          index += 1
        }
        if !isUnseen { return false }
      }
      return true
    }
  }

  /// For each member the places in `rows` that it was not trained on.
  public func unseenPlaces(in rows: [Int]) -> [[Int]] {
    isTrainedOn.map { seen in rows.indices.filter { !seen[rows[$0]] } }
  }

  /// How many of some rows at least one member was trained on.
  public func trainedOn(_ rows: [Int]) -> Int {
    rows.count { row in isTrainedOn.contains { $0[row] } }
  }
}

extension Checkpoint.Origin {
  fileprivate func hasSameSplit(as other: Checkpoint.Origin) -> Bool {
    limit == other.limit && splitSeed == other.splitSeed && splitFraction == other.splitFraction
      && fold?.number == other.fold?.number && fold?.count == other.fold?.count
      && fold?.repeats == other.fold?.repeats && isSelected == other.isSelected
  }
}
