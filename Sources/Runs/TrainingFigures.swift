import Competition

/// What is known of the rows that a submission's checkpoints were trained on, by the configurations beside them.
public struct TrainingFigures: Sendable, Equatable {
  /// How many rows show each digit; empty if unknown.
  public var digitCounts: [Int]
  /// Their pixels; nil if unknown.
  public var pixels: PixelStatistics?

  /// A value of each field.
  public init(digitCounts: [Int] = [], pixels: PixelStatistics? = nil) {
    self.digitCounts = digitCounts
    self.pixels = pixels
  }
}
