import Foundations

/// What the pixels of some images are like, all together: enough to tell a table of another scale or with ink and paper
/// swapped.
public struct PixelStatistics: Sendable, Equatable {
  /// How many images.
  public var images = 0
  /// The sum of all pixels.
  public var sum = 0
  /// How many pixels are above 0.
  public var aboveZero = 0
  /// The sum of the pixels at the images' edges, `edgeCount` in each, where digits seldom are.
  public var edgeSum = 0
  /// The largest pixel; 0 without images.
  public var largest = 0

  private static let edgeCount = 4 * (DigitTable.side - 1)

  /// Of no images.
  public init() {}

  /// Of images, 784 bytes each.
  public init(of pixels: [UInt8]) { add(pixels) }

  /// Adds images, 784 bytes each.
  public mutating func add(_ pixels: [UInt8]) {
    let (side, size) = (DigitTable.side, DigitTable.pixelCount)
    let count = pixels.count / size
    images += count
    var edges = 0
    pixels.withUnsafeBufferPointer { pixels in
      for image in 0..<count {
        let start = image * size
        // 32 bits hold an image's sums, of which a processor adds many at once.
        var (own, ink, most): (UInt32, UInt32, UInt8) = (0, 0, 0)
        for place in start..<start + size {
          own &+= UInt32(pixels[place])
          ink &+= pixels[place] > 0 ? 1 : 0
          most = max(most, pixels[place])
        }
        sum += Int(own)
        aboveZero += Int(ink)
        largest = max(largest, Int(most))
        for place in 0..<side {
          edges += Int(pixels[start + place]) + Int(pixels[start + size - side + place])
        }
        for row in 1..<side - 1 {
          edges += Int(pixels[start + row * side]) + Int(pixels[start + row * side + side - 1])
        }
      }
    }
    edgeSum += edges
  }

  /// Adds what is known of other images.
  public mutating func add(_ other: PixelStatistics) {
    images += other.images
    sum += other.sum
    aboveZero += other.aboveZero
    edgeSum += other.edgeSum
    largest = max(largest, other.largest)
  }

  /// The mean of all pixels; 0 without images.
  public var mean: Double { share(sum, of: DigitTable.pixelCount) }

  /// The share of the pixels that are above 0.
  public var inkShare: Double { share(aboveZero, of: DigitTable.pixelCount) }

  /// Whether paper is darker than ink: the edges are lighter in Kaggle's scale, where 0 is paper, than the digits.
  public var isInverted: Bool {
    let edge = share(edgeSum, of: Self.edgeCount)
    return edge > mean && edge > Double(largest) / 2
  }

  private func share(_ sum: Int, of pixels: Int) -> Double {
    images == 0 ? 0 : Double(sum) / (Double(images) * Double(pixels))
  }
}

/// What looks wrong with the pixels of a table that is to be trained on; the training may be meant so. Nil for tables like
/// Kaggle's.
public func trainingPixelsWarning(_ statistics: PixelStatistics) -> String? {
  if statistics.largest <= 1 {
    return
      "its largest pixel is \(statistics.largest), where Kaggle's go up to 255; the network will predict well only what has the same scale"
  }
  if statistics.isInverted {
    return
      "its paper is darker than its ink, unlike Kaggle's (0 is paper, 255 is ink); the network will predict well only what is alike"
  }
  return nil
}
