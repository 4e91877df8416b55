import Competition
import Foundations
import Scoring

/// Counts, a digest and uncertain images, kept as the rows stream by.
struct PredictedRows {
  /// How many rows.
  private(set) var count = 0
  /// How many were predicted as each class.
  private(set) var predicted: [Int]
  /// How many the members classify differently.
  private(set) var disagreements = 0
  /// Their pixels.
  private(set) var pixels = PixelStatistics()
  /// How many are less certain than each of `Submission.confidences`.
  private(set) var below = Submission.confidences.map { _ in 0 }
  /// The least certain so far, in order.
  private(set) var least: [Submission.UncertainImage] = []

  /// As many as a page shows.
  private static let kept = 60

  /// The number of the first row.
  private let first: Int
  private var hash = SHA256()

  /// None yet, before the row with this number.
  init(first: Int, classes: Int) {
    self.first = first
    predicted = [Int](repeating: 0, count: classes)
  }

  /// Adds the next rows, 784 bytes each.
  mutating func add(_ predictions: Predictions, _ pixels: [UInt8], ids: [String]) {
    hash.update(pixels)
    self.pixels.add(pixels)
    disagreements += predictions.disagreements
    addDoubts(predictions, pixels, ids)
    count += predictions.labels.count
  }

  /// The SHA-256 of all rows' pixels. To be asked for once.
  mutating func digest() -> String { SHA256.hexadecimal(of: hash.finalize()) }

  private mutating func addDoubts(_ predictions: Predictions, _ pixels: [UInt8], _ ids: [String]) {
    for (place, label) in predictions.labels.enumerated() {
      predicted[Int(label)] += 1
      let start = place * predictions.classes
      let confidence = predictions.probabilities[start + Int(label)]
      for (index, bound) in Submission.confidences.enumerated() where confidence < bound { below[index] += 1 }
      if least.count == Self.kept, let last = least.last, confidence >= last.confidence { continue }
      let position = least.firstIndex { $0.confidence > confidence } ?? least.count
      least.insert(
        Submission.UncertainImage(
          imageId: first + count + place, name: ids.isEmpty ? nil : ids[place],
          pixels: Array(pixels[place * DigitTable.pixelCount..<(place + 1) * DigitTable.pixelCount]),
          probabilities: Array(predictions.probabilities[start..<start + predictions.classes]),
          confidence: confidence),
        at: position)
      if least.count > Self.kept { least.removeLast() }
    }
  }
}
