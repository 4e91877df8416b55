import Competition
import Ensembling
import Foundations

extension RunReport {
  /// How many of the worst errors have a map: for each, every member predicts up to 225 images.
  static let mapLimit = 24

  /// Adds to the worst errors where the members look, as `Ensemble.occlusionMap` finds it.
  ///
  /// - Parameters:
  ///   - ensemble: the members that were scored.
  ///   - seen: what they saw of `table`: a row's map is of those that predict it; nil asks all members.
  public mutating func addOcclusionMaps(by ensemble: Ensemble, seen: SeenRows?) throws(KitError) {
    guard let scored, let table else { return }
    for place in scored.errors.prefix(Self.mapLimit) {
      let row = scored.rows[place]
      guard table.labels.indices.contains(row) else { continue }
      let members = seen?.members(predicting: row)
      if let members, members.isEmpty { continue }
      let start = row * DigitTable.pixelCount
      let pixels = Array(table.pixels[start..<start + DigitTable.pixelCount])
      occlusionMaps[place] = try ensemble.occlusionMap(of: pixels, members: members)
    }
  }
}
