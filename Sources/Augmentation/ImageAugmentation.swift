import Foundations
import KernelShapes

/// What is done at random to a training image: one affine map with an elastic distortion on top, sampled bilinearly in
/// one pass, then a rectangle that may be erased.
///
/// An output pixel at p takes its value from centre + shift + R · S · Z · (p - centre) + d(p), with R the rotation, S
/// the shear and Z the zoom, as Keras's `ImageDataGenerator` composes them, and d the displacement of `ElasticGrid`;
/// outside the image is black. Each number is a function of (seed, epoch, row) alone.
public struct ImageAugmentation: Sendable, Equatable {
  /// The largest shift in either direction, as a fraction of the side.
  public let shift: Double
  /// The largest rotation either way, in degrees.
  public let rotation: Double
  /// The largest change of size, as a fraction: each axis is scaled by 1 - zoom to 1 + zoom.
  public let zoom: Double
  /// The largest shear either way, in degrees.
  public let shear: Double
  /// How far the elastic distortion moves pixels along an axis, in pixels, root mean square.
  public let elastic: Double
  /// How often a rectangle is erased, as a fraction of the images.
  public let erase: Double

  /// What the kit does unless told otherwise. Digits come centred, so half of the field's usual shift of 0.1 serves.
  public static let standard = ImageAugmentation(shift: 0.05, rotation: 10, zoom: 0.1, shear: 0, elastic: 0.7)
  /// No change.
  public static let none = ImageAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 0)

  /// The bounds of the draws.
  public init(
    shift: Double, rotation: Double, zoom: Double, shear: Double, elastic: Double = 0, erase: Double = 0
  ) {
    self.shift = shift
    self.rotation = rotation
    self.zoom = zoom
    self.shear = shear
    self.elastic = elastic
    self.erase = erase
  }

  /// The affine map of the stream's next six draws.
  func map(_ stream: inout RandomStream, side: Int) -> AffineMap {
    let pixels = shift * Double(side)
    let shiftX = stream.uniform(-pixels, pixels)
    let shiftY = stream.uniform(-pixels, pixels)
    let angle = stream.uniform(-rotation, rotation)
    let zoomX = 1 + stream.uniform(-zoom, zoom)
    let zoomY = 1 + stream.uniform(-zoom, zoom)
    let slant = stream.uniform(-shear, shear)
    return AffineMap(
      shiftX: shiftX, shiftY: shiftY, rotation: angle, zoomX: zoomX, zoomY: zoomY, shear: slant, side: side)
  }
}
