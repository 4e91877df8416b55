import Competition
import Foundations
import Scoring

extension Ensemble {
  /// Where the members look: how much the answer depends on each pixel's surroundings (Zeiler and Fergus, 2014).
  ///
  /// A patch of paper, 6×6 pixels, glides over the image in steps of 2. A pixel's value is by how much the probability of
  /// the image's most probable class falls, as the mean of the nine patches that cover the pixel: 1 where the answer depends
  /// on it, 0 where it does not matter, negative where it speaks against the answer.
  ///
  /// - Parameters:
  ///   - pixels: One image, 784 bytes.
  ///   - members: The members that are asked; nil for all.
  /// - Returns: A value for each pixel, row by row.
  /// - Throws: As `predict` does.
  public func occlusionMap(of pixels: [UInt8], members: [Int]? = nil) throws(KitError) -> [Double] {
    let (patch, step, side) = (6, 2, DigitTable.side)
    // So far outside that pixels of the edge are covered as often as others.
    let starts = Array(stride(from: step - patch, to: side, by: step))
    var images = pixels
    var patches: [(rows: Range<Int>, columns: Range<Int>)] = []
    for top in starts {
      for left in starts {
        let rows = max(0, top)..<min(side, top + patch)
        let columns = max(0, left)..<min(side, left + patch)
        var covered = pixels
        for row in rows {
          for column in columns { covered[row * side + column] = 0 }
        }
        // Where there is no ink, paper changes nothing.
        if covered == pixels { continue }
        images += covered
        patches.append((rows, columns))
      }
    }
    let predictions = try predict(images, by: members)
    let digit = Int(predictions.labels[0])
    let whole = predictions.probabilities[digit]
    var result = [Double](repeating: 0, count: side * side)
    for (number, patch) in patches.enumerated() {
      let fall = whole - predictions.probabilities[(number + 1) * predictions.classes + digit]
      for row in patch.rows {
        for column in patch.columns { result[row * side + column] += fall / 9 }
      }
    }
    return result
  }
}
