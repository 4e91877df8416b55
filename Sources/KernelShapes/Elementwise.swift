/// Operands of `addInPlace`.
public struct AddInPlace {
  /// How many floats.
  public let count: Int
  /// What is added, `count` floats.
  public let addend: Floats
  /// What it is added to, `count` floats.
  public let sum: MutableFloats

  /// A value of each field.
  public init(count: Int, addend: Floats, sum: MutableFloats) {
    (self.count, self.addend, self.sum) = (count, addend, sum)
  }
}

/// Operands of `moveTowards`.
public struct MoveTowards {
  /// How many floats.
  public let count: Int
  /// The share of the way, from 0 to 1.
  public let share: Float
  /// Where to, `count` floats.
  public let value: Floats
  /// What moves, `count` floats.
  public let average: MutableFloats

  /// A value of each field.
  public init(count: Int, share: Float, value: Floats, average: MutableFloats) {
    (self.count, self.share, self.value, self.average) = (count, share, value, average)
  }
}

/// Operands of `scalePixels`.
public struct ScalePixels {
  /// How many pixels.
  public let count: Int
  /// The bytes, `count` of them.
  public let pixels: UnsafePointer<UInt8>
  /// The floats, `count` of them.
  public let result: MutableFloats

  /// A value of each field.
  public init(count: Int, pixels: UnsafePointer<UInt8>, result: MutableFloats) {
    (self.count, self.pixels, self.result) = (count, pixels, result)
  }
}

/// Operands of `flattenPixels`, from maps to rows of features, and of `unflattenPixels`, the way back.
public struct PixelCopy {
  /// How many images.
  public let images: Int
  /// Pixels of an image's map.
  public let pixels: Int
  /// Channels of a pixel without their padding.
  public let channels: Int
  /// The stride between pixels of the map, in floats: the channels with their padding, a multiple of 16.
  public let pixelStride: Int
  /// The stride between images of the input, in floats.
  public let inputImageStride: Int
  /// The stride between images of the output, in floats.
  public let outputImageStride: Int
  /// What is copied: `[image][pixel][channel]` with padding, or `[image][pixel · channels + channel]` on the way back.
  public let input: Floats
  /// Where to: the other of the two.
  public let output: MutableFloats

  /// A value of each field.
  public init(
    images: Int, pixels: Int, channels: Int, pixelStride: Int, inputImageStride: Int, outputImageStride: Int,
    input: Floats, output: MutableFloats
  ) {
    (self.images, self.pixels, self.channels, self.pixelStride) = (images, pixels, channels, pixelStride)
    (self.inputImageStride, self.outputImageStride) = (inputImageStride, outputImageStride)
    (self.input, self.output) = (input, output)
  }
}

/// Operands of `multiplyAddLimit`.
public struct MultiplyAddLimit {
  /// Multiply-adds of each value, at least one.
  public let turns: Int
  /// What a value is multiplied by.
  public let factor: Float
  /// What is added.
  public let addend: Float
  /// 384 floats.
  public let values: MutableFloats

  /// A value of each field.
  public init(turns: Int, factor: Float, addend: Float, values: MutableFloats) {
    (self.turns, self.factor, self.addend, self.values) = (turns, factor, addend, values)
  }
}
