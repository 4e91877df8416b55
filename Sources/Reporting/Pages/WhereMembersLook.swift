import Competition
import Ensembling
import Foundations

extension RunReport {
  /// How many of the worst errors have a map: for each, every member predicts up to 225 images.
  static let mapLimit = 24
  /// How many members are asked for a map, the first ones: with hundreds, the maps would take longer than the scores.
  static let askedMembers = 20

  /// Adds to the worst errors where the members look, as `Ensemble.occlusionMap` finds it.
  ///
  /// - Parameters:
  ///   - ensemble: the members that were scored.
  ///   - seen: what they saw of `table`: a row's map is of those that predict it; nil for all.
  public mutating func addOcclusionMaps(by ensemble: Ensemble, seen: SeenRows?) throws(KitError) {
    guard let scored, let table else { return }
    for place in scored.errors.prefix(Self.mapLimit) {
      let row = scored.rows[place]
      guard table.labels.indices.contains(row) else { continue }
      let members = seen?.members(predicting: row) ?? Array(ensemble.members.indices)
      if members.isEmpty { continue }
      let start = row * DigitTable.pixelCount
      let pixels = Array(table.pixels[start..<start + DigitTable.pixelCount])
      occlusionMaps[place] = try ensemble.occlusionMap(
        of: pixels, members: Array(members.prefix(Self.askedMembers)))
    }
  }
}
