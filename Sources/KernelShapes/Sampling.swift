/// Where a pixel (column c, row r) of a square image takes its value: at column xx·c + xy·r + x0 and row
/// yx·c + yy·r + y0 of another one.
public struct AffineMap: Sendable, Equatable {
  /// The column's change from a column to the next.
  public let xx: Float
  /// The column's change from a row to the next.
  public let xy: Float
  /// The column of the first pixel.
  public let x0: Float
  /// The row's change from a column to the next.
  public let yx: Float
  /// The row's change from a row to the next.
  public let yy: Float
  /// The row of the first pixel.
  public let y0: Float

  /// A value of each field.
  public init(xx: Float, xy: Float, x0: Float, yx: Float, yy: Float, y0: Float) {
    (self.xx, self.xy, self.x0) = (xx, xy, x0)
    (self.yx, self.yy, self.y0) = (yx, yy, y0)
  }
}

/// A displacement of every pixel: a cubic B-spline over a grid of points.
public struct DisplacementGrid {
  /// Points of the grid along a side.
  public let points: Int
  /// The spline's weights along a side of the image, `[point][column]`; the same for rows.
  public let weights: Floats
  /// The points' displacements in pixels, `[axis][row][column]` of the grid, along columns first.
  public let controls: Floats

  /// A value of each field.
  public init(points: Int, weights: Floats, controls: Floats) {
    (self.points, self.weights, self.controls) = (points, weights, controls)
  }
}

/// Operands of `sampleImage`.
public struct ImageSample {
  /// Rows and columns of the image.
  public let side: Int
  /// Where each pixel of the result is in the image.
  public let map: AffineMap
  /// What is added to that; nil for nothing.
  public let displacement: DisplacementGrid?
  /// `[row][column]`.
  public let image: UnsafePointer<UInt8>
  /// Memory to work in, whatever is in it: `frameCount(side:)` bytes.
  public let frame: UnsafeMutablePointer<UInt8>
  /// The stride between rows of the frame, in bytes.
  public let framePitch: Int
  /// Bytes of the frame.
  public let frameCount: Int
  /// `[row][column]`.
  public let result: MutableFloats

  /// The value of each field; what the frame measures comes from the side.
  public init(
    side: Int, map: AffineMap, displacement: DisplacementGrid? = nil, image: UnsafePointer<UInt8>,
    frame: UnsafeMutablePointer<UInt8>, result: MutableFloats
  ) {
    (self.side, self.map, self.displacement) = (side, map, displacement)
    (self.image, self.frame, self.result) = (image, frame, result)
    framePitch = Self.pitch(side: side)
    frameCount = Self.frameCount(side: side)
  }

  /// Bytes of the frame for an image of a side: a row of pairs of bytes more than the image has, a row of zeros, and
  /// room for whole vectors of them. For the caller; the kernels read the fields.
  public static func frameCount(side: Int) -> Int { (side + 2) * pitch(side: side) + 64 }

  /// Two bytes a column, with one column of zeros in front of the image's and three after them.
  private static func pitch(side: Int) -> Int { 2 * (side + 4) }
}
