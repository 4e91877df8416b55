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
  public let labels: [UInt8]
  /// The classes.
  public let classes: Classes

  /// The number of images.
  public var count: Int { labels.count }

  /// A table of `labels.count` images; `pixels` has 784 for each.
  public init(pixels: [UInt8], labels: [UInt8], classes: Classes = .digits) {
    precondition(pixels.count == labels.count * Self.pixelCount, "784 pixels for each label")
    precondition(labels.allSatisfy { $0 < classes.count }, "labels are classes")
    self.pixels = pixels
    self.labels = labels
    self.classes = classes
  }

  /// How many rows show each class, such as each digit.
  public var digitCounts: [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    for label in labels { counts[Int(label)] += 1 }
    return counts
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

  /// The SHA-256 of the parsed rows in hexadecimal: of each row its label's byte, then its 784 pixels.
  ///
  /// Identifies the rows that a checkpoint was trained on, however their file was quoted or compressed.
  public func digest() -> String {
    var hash = SHA256()
    pixels.withUnsafeBytes { pixels in
      labels.withUnsafeBytes { labels in
        for row in 0..<labels.count {
          let start = row * Self.pixelCount
          hash.update(UnsafeRawBufferPointer(rebasing: labels[row..<row + 1]))
          hash.update(UnsafeRawBufferPointer(rebasing: pixels[start..<start + Self.pixelCount]))
        }
      }
    }
    return SHA256.hexadecimal(of: hash.finalize())
  }
}
