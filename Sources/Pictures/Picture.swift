import Foundations

/// A grey picture: one byte per pixel, from 0 (black) to 255 (white).
///
/// More than 8 bits would not survive the way to 28×28 bytes. Colours become their luma (ITU-R BT.601), and transparent
/// parts are white, as on paper.
public struct Picture: Sendable, Equatable {
  /// The most pixels of a file that is read: a phone's largest ordinary photo.
  public static let mostPixels = 40_000_000
  /// The longest side of a file that is read.
  public static let longestSide = 65_535
  /// The most bytes of a file that is read.
  public static let mostBytes = 200_000_000

  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// The pixels, `[row][column]`.
  public let pixels: [UInt8]

  /// A picture from its pixels, `[row][column]`, `width` × `height` of them.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height, "a picture has all its pixels")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The picture in a file, upright as its EXIF orientation says.
  ///
  /// - Throws: `missingInput` if the file can't be read; `badData` if it is not a whole PNG, JPEG, PGM, PPM or PBM file, or
  ///   is larger than the limits; `failure` if the system does not give the memory.
  public init(at path: String) throws(KitError) {
    try self.init(file: try InputFile.bytes(ofFileAt: path, limit: Self.mostBytes), named: path)
  }

  /// The picture in a file's bytes, upright as its EXIF orientation says; messages call it `name`.
  ///
  /// - Throws: `badData` if it is not a whole PNG, JPEG, PGM, PPM or PBM file, or is larger than the limits; `failure` if
  ///   the system does not give the memory.
  public init(file: [UInt8], named name: String) throws(KitError) {
    switch PictureFormat(firstBytes: file.prefix(PictureFormat.firstByteCount)) {
    case .png: self = try PNGReader(file, named: name).picture()
    case .jpeg: self = try JPEGReader.picture(file, named: name)
    case .netpbm: self = try NetpbmReader.picture(file, named: name)
    case .other(let format): throw format.refusal(of: name)
    case nil:
      let what = file.isEmpty ? "is empty" : "is not a picture that can be read"
      throw KitError(.badData, "\(name) \(what); it must be a PNG, JPEG, PGM, PPM or PBM file")
    }
  }

  /// Refuses a header's size before anything is allocated for it; `position` is the header's place in the file.
  static func check(width: Int, height: Int, _ name: String, at position: Int) throws(KitError) {
    guard width > 0 && height > 0 else {
      throw damaged(name, at: position, "the picture is \(width)×\(height) pixels")
    }
    guard width <= longestSide && height <= longestSide && width * height <= mostPixels else {
      throw KitError(
        .badData,
        "\(name): byte \(position): the picture is \(grouped(width))×\(grouped(height)) pixels; at most "
          + "\(grouped(mostPixels)) and \(grouped(longestSide)) on a side can be read: scale it down")
    }
    try requireAllocation(of: 4 * width * height, for: "reading \(name)")
  }
}

/// The luma of a colour, ITU-R BT.601, in the integers of libjpeg.
@inline(__always)
func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
  // The weights' sum is 65,536, so the result fits.
  let sum = 19_595 * UInt32(red) + 38_470 * UInt32(green) + 7_471 * UInt32(blue) + 32_768
  return UInt8(truncatingIfNeeded: sum >> 16)
}

/// The error of a file that does not hold what its format prescribes; `position` counts bytes from 0.
func damaged(_ name: String, at position: Int, _ what: String) -> KitError {
  KitError(.badData, "\(name): byte \(position): \(what); the file is damaged, copy or download it again")
}

/// The error of a file that ends early.
func truncated(_ name: String, at position: Int) -> KitError {
  KitError(.badData, "\(name): byte \(position): the file is truncated; copy or download it again")
}
