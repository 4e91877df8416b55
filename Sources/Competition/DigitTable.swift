import Foundations

/// Labelled images in memory, one byte per pixel.
public struct DigitTable: Sendable {
  /// Rows of an image, and columns: 28.
  public static let side = 28
  /// Pixels of an image: 784.
  public static let pixelCount = side * side

  /// The images, `[image][row][column]`, from 0 (paper) to 255 (ink).
  public let pixels: [UInt8]
  /// Each image's class, such as its digit, from 0.
  public private(set) var labels: [UInt8]
  /// The classes.
  public let classes: Classes
  /// Whether its images' rows and columns were swapped when they were read.
  public let isTransposed: Bool
  /// How its rows are called.
  public let naming: RowNaming
  /// The corrections that its labels have; nil for none.
  public private(set) var fixes: LabelFixes?
  /// The labels before them.
  private let ownLabels: [UInt8]
  /// Rows that are not used.
  private var dropped: Set<Int> = []

  /// The number of images.
  public var count: Int { labels.count }

  /// A table of `labels.count` images; `pixels` has 784 for each.
  public init(
    pixels: [UInt8], labels: [UInt8], classes: Classes = .digits, naming: RowNaming = .lines,
    isTransposed: Bool = false
  ) {
    precondition(pixels.count == labels.count * Self.pixelCount, "784 pixels for each label")
    precondition(labels.allSatisfy { $0 < classes.count }, "labels are classes")
    self.pixels = pixels
    self.labels = labels
    self.classes = classes
    self.naming = naming
    self.isTransposed = isTransposed
    ownLabels = labels
  }

  /// The rows that are used, ascending: all that are not dropped.
  public var rows: [Int] { dropped.isEmpty ? Array(0..<count) : (0..<count).filter { !dropped.contains($0) } }

  /// The table with these corrections of its labels instead of those that it has; nil for none.
  ///
  /// - Parameter name: The table's, for messages.
  /// - Throws: `badData` if there is no such row or class, or no row is left.
  public func corrected(by fixes: LabelFixes?, name: String) throws(KitError) -> DigitTable {
    var result = self
    (result.labels, result.dropped, result.fixes) = (ownLabels, [], nil)
    guard let fixes, !fixes.rows.isEmpty else { return result }
    for (row, label) in zip(fixes.rows, fixes.labels) {
      guard row < count else {
        throw KitError(
          .badData, "--labels corrects row \(row), but \(name) has \(grouped(count)) rows, counted from 0")
      }
      guard let label else {
        result.dropped.insert(row)
        continue
      }
      guard label < classes.count else {
        throw KitError(.badData, "--labels: the label of row \(row) is \(label); a label is \(classes.rule)")
      }
      result.labels[row] = label
    }
    guard result.dropped.count < count else {
      throw KitError(.badData, "--labels drops every row of \(name)")
    }
    result.fixes = fixes
    return result
  }

  /// How many rows show each class, such as each digit.
  public var digitCounts: [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    for row in rows { counts[Int(labels[row])] += 1 }
    return counts
  }

  /// The classes that no row is of, in a sentence; nil if each has rows.
  public var missingClasses: String? {
    let counts = digitCounts
    return classes.called(counts.indices.filter { counts[$0] == 0 })
  }

  /// What its pixels are like.
  public var pixelStatistics: PixelStatistics { PixelStatistics(of: pixels) }

  /// Calls `body` with a pointer to a row's 784 pixels, valid during the call. `row` counts from 0.
  public func withPixels(of row: Int, _ body: (UnsafePointer<UInt8>) -> Void) {
    precondition(labels.indices.contains(row), "a row of the table")
    pixels.withUnsafeBufferPointer { buffer in
      if let start = buffer.baseAddress { body(start + row * Self.pixelCount) }
    }
  }

  /// The SHA-256 of the parsed rows in hexadecimal: of each row its label's byte, 255 if it is dropped, then its 784 pixels.
  ///
  /// Identifies the rows that a checkpoint was trained on, however their file was quoted or compressed.
  ///
  /// - Throws: `stopped` if the user asks to stop.
  public func digest() throws(KitError) -> String {
    var hash = SHA256()
    // A quarter of a second's rows between two looks at whether to stop.
    for start in stride(from: 0, to: count, by: 1 << 17) {
      try StopRequest.check(while: "hashing the rows")
      update(&hash, with: start..<min(count, start + 1 << 17))
    }
    return SHA256.hexadecimal(of: hash.finalize())
  }

  private func update(_ hash: inout SHA256, with rows: Range<Int>) {
    pixels.withUnsafeBytes { pixels in
      labels.withUnsafeBytes { labels in
        for row in rows {
          let start = row * Self.pixelCount
          if dropped.contains(row) {
            hash.update([255])
          } else {
            hash.update(UnsafeRawBufferPointer(rebasing: labels[row..<row + 1]))
          }
          hash.update(UnsafeRawBufferPointer(rebasing: pixels[start..<start + Self.pixelCount]))
        }
      }
    }
  }
}
