/// Operands of `dropoutDraw`.
public struct DropoutDraw {
  /// How many blocks of 1,024 bits.
  public let blocks: Int
  /// Philox's key, which comes from the seed.
  public let key: SIMD2<UInt32>
  /// The image's number, word 1 of Philox's counter.
  public let image: UInt32
  /// The epoch, word 2 of the counter.
  public let epoch: UInt32
  /// The purpose, which names the layer: word 3 of the counter.
  public let purpose: UInt32
  /// The probability of dropping an element, in 65,536ths: 0 to 65,535.
  public let share: UInt32
  /// The bits, 16 · `blocks` words: bit e mod 64 of word e / 64 is 1 where element e is kept.
  public let kept: UnsafeMutablePointer<UInt64>

  /// A value of each field.
  public init(
    blocks: Int, key: SIMD2<UInt32>, image: UInt32, epoch: UInt32, purpose: UInt32, share: UInt32,
    kept: UnsafeMutablePointer<UInt64>
  ) {
    (self.blocks, self.key, self.image, self.epoch) = (blocks, key, image, epoch)
    (self.purpose, self.share, self.kept) = (purpose, share, kept)
  }
}

/// Operands of `dropoutApply`.
public struct DropoutApply {
  /// How many elements.
  public let count: Int
  /// A bit for each element, as `dropoutDraw` gives it.
  public let kept: UnsafePointer<UInt64>
  /// What a kept element is multiplied by: 1 / (1 - the probability of dropping it).
  public let scale: Float
  /// The elements, or the gradients to what became of them, `count` floats.
  public let values: Floats
  /// What becomes of them, `count` floats; may be the values' own memory.
  public let result: MutableFloats

  /// A value of each field.
  public init(
    count: Int, kept: UnsafePointer<UInt64>, scale: Float, values: Floats, result: MutableFloats
  ) {
    (self.count, self.kept, self.scale, self.values, self.result) = (count, kept, scale, values, result)
  }
}
