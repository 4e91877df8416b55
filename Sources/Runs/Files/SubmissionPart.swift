import Competition
import Foundations

/// What the manifest of a submission says besides, if it predicts only some rows of the test table: enough to join it with
/// those of the other rows.
public struct SubmissionPart: Sendable, Equatable {
  /// The rows, from the first to the last.
  public let rows: RowRange
  /// How many rows the table has; nil if that was not known, since there is at least one row more.
  public let tableRows: Int?
  /// How many rows were predicted as each class.
  public let predicted: [Int]
  /// The rows' pixels.
  public let pixels: PixelStatistics
  /// What is known of the rows that the members were trained on.
  public let training: TrainingFigures
  /// The SHA-256 of the file with all probabilities; nil if none was written.
  public let probabilitiesDigest: String?

  /// A value of each field.
  public init(
    rows: RowRange, tableRows: Int?, predicted: [Int], pixels: PixelStatistics, training: TrainingFigures,
    probabilitiesDigest: String?
  ) {
    self.rows = rows
    self.tableRows = tableRows
    self.predicted = predicted
    self.pixels = pixels
    self.training = training
    self.probabilitiesDigest = probabilitiesDigest
  }

  /// Whether the last row is the table's last one.
  public var endsTable: Bool { tableRows == rows.last }

  var json: JSON {
    .object([
      ("rows", .string(rows.text)), ("table-rows", tableRows.map { .integer($0) } ?? .null),
      ("predicted", .array(predicted.map { .integer($0) })), ("pixel-statistics", pixels.json),
      ("training-digit-counts", .array(training.digitCounts.map { .integer($0) })),
      ("training-pixel-statistics", training.pixels?.json ?? .null),
      ("probabilities-sha256", probabilitiesDigest.map { .string($0) } ?? .null),
    ])
  }

  init(_ json: JSON, from path: String) throws(KitError) {
    rows = try json.required("rows", from: path) { value in
      value.string.flatMap { RowRange($0) }.flatMap { $0.last == nil ? nil : $0 }
    }
    tableRows = try json.optional("table-rows", from: path, \.integer)
    predicted = try json.required("predicted", from: path, counts)
    pixels = try json.required("pixel-statistics", from: path) { PixelStatistics($0) }
    training = TrainingFigures(
      digitCounts: try json.required("training-digit-counts", from: path, counts),
      pixels: try json.optional("training-pixel-statistics", from: path) { PixelStatistics($0) })
    probabilitiesDigest = try json.optional("probabilities-sha256", from: path, \.string)
    guard isPlausible else {
      throw KitError(.badData, "\(path): 'part' has counts that can't be of \(rows.words)")
    }
  }

  /// Whether the counts can be of as many rows as there are, so that sums of parts are small enough.
  private var isPlausible: Bool {
    guard let count = rows.count, let last = rows.last, tableRows ?? last >= last, pixels.images == count,
      predicted.allSatisfy({ $0 <= count }), predicted.reduce(0, +) == count
    else { return false }
    let most = count * DigitTable.pixelCount
    return pixels.aboveZero <= most && pixels.sum <= 255 * most && pixels.edgeSum <= 255 * most
  }
}

/// Whole numbers from 0; nil for anything else.
private func counts(_ json: JSON) -> [Int]? {
  guard let values = json.array, values.count <= Classes.possible.upperBound else { return nil }
  let counts = values.compactMap(\.integer).filter { $0 >= 0 }
  return counts.count == values.count ? counts : nil
}

/// A part that a submission was joined of.
public struct JoinedPart: Sendable, Equatable {
  /// Its rows, from the first to the last.
  public let rows: RowRange
  /// The SHA-256 of its file.
  public let digest: String
  /// The SHA-256 of its test images, 784 bytes each.
  public let testRowsDigest: String

  /// A value of each field.
  public init(rows: RowRange, digest: String, testRowsDigest: String) {
    self.rows = rows
    self.digest = digest
    self.testRowsDigest = testRowsDigest
  }

  var json: JSON {
    .object([
      ("rows", .string(rows.text)), ("sha256", .string(digest)),
      ("test-rows-sha256", .string(testRowsDigest)),
    ])
  }

  init(_ json: JSON, from path: String) throws(KitError) {
    rows = try json.required("rows", from: path) { $0.string.flatMap { RowRange($0) } }
    digest = try json.required("sha256", from: path, \.string)
    testRowsDigest = try json.required("test-rows-sha256", from: path, \.string)
  }
}
