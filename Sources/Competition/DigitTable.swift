import Foundations

/// Labelled images in memory, a byte a pixel.
public struct DigitTable: Sendable {
  /// Rows and columns of an image.
  public static let side = 28
  /// Pixels of an image.
  public static let pixelCount = side * side

  /// The images one after another, each `[row][column]`, 0 (paper) to 255 (ink).
  public let pixels: [UInt8]
  /// One digit an image, 0 to 9.
  public let labels: [UInt8]

  /// The number of images.
  public var count: Int { labels.count }

  /// A table of `labels.count` images.
  public init(pixels: [UInt8], labels: [UInt8]) {
    precondition(pixels.count == labels.count * Self.pixelCount, "784 pixels a label")
    precondition(labels.allSatisfy { $0 <= 9 }, "labels are digits")
    self.pixels = pixels
    self.labels = labels
  }

  /// Calls `body` with a row's 784 pixels.
  public func withPixels(of row: Int, _ body: (UnsafePointer<UInt8>) -> Void) {
    precondition(labels.indices.contains(row), "a row of the table")
    pixels.withUnsafeBufferPointer { buffer in
      if let start = buffer.baseAddress { body(start + row * Self.pixelCount) }
    }
  }

  /// SHA-256, in hexadecimal, of the rows as parsed: of each, its label's byte and then its 784 pixels.
  ///
  /// It tells which rows a checkpoint saw, however their file was quoted or compressed.
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
