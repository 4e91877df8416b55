import Competition
import Foundations

extension Checkpoint.Origin {
  /// The rows of its table that a checkpoint was trained on, validated on, and did not see.
  public func split(of table: DigitTable) throws(KitError) -> RowSplit {
    try RowSplit(
      of: table, limit: limit, seed: splitSeed, validation: splitFraction,
      folds: fold.map { Folds(count: $0.count, repeats: $0.repeats, number: $0.number) })
  }
}
