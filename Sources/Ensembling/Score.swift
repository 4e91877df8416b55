import Competition
import Foundations
import NeuralNetworks

/// How well predictions fit labels.
public struct Score: Sendable, Equatable {
  /// Rows that were scored.
  public let rows: Int
  /// How many of them are predicted right.
  public let correct: Int
  /// Mean of -log of the label's probability, which is taken as at least 10⁻¹⁵.
  public let logLoss: Double

  /// The share of the rows that is predicted right.
  public var accuracy: Double { Double(correct) / Double(rows) }

  /// Scores some rows of a table with an ensemble, summed in the rows' order.
  public init(of ensemble: Ensemble, on table: DigitTable, rows: [Int]) throws(KitError) {
    var (correct, loss) = (0, 0.0)
    let chunk = 1024
    for start in stride(from: 0, to: rows.count, by: chunk) {
      let part = rows[start..<min(start + chunk, rows.count)]
      var pixels: [UInt8] = []
      pixels.reserveCapacity(part.count * DigitTable.pixelCount)
      for row in part {
        pixels += table.pixels[row * DigitTable.pixelCount..<(row + 1) * DigitTable.pixelCount]
      }
      let predictions = try ensemble.predict(pixels)
      for (index, row) in part.enumerated() {
        let label = Int(table.labels[row])
        if Int(predictions.labels[index]) == label { correct += 1 }
        let probability = predictions.probabilities[index * FittedNetwork.classes + label]
        loss -= Elementary.log(max(probability, 1e-15))
      }
    }
    self.rows = rows.count
    self.correct = correct
    logLoss = loss / Double(rows.count)
  }
}
