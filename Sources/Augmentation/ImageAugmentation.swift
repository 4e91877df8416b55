import Foundations
import KernelShapes

/// Random changes to a training image: an affine map with an elastic distortion on top, sampled bilinearly in one pass,
/// then a rectangle that may be erased.
///
/// An output pixel at p takes its value from centre + shift + R · S · Z · (p - centre) + d(p), with R the rotation, S
/// the shear and Z the zoom, as Keras's `ImageDataGenerator` composes them, and d the displacement of `ElasticGrid`;
/// outside the image is black. Each number is a function of (seed, epoch, row) alone.
public struct ImageAugmentation: Sendable, Equatable {
  /// The largest shift in either direction, as a fraction of the side.
  public var shift: Double
  /// The largest rotation either way, in degrees.
  public var rotation: Double
  /// The largest change of size, as a fraction: each axis is scaled by 1 - zoom to 1 + zoom.
  public var zoom: Double
  /// The largest shear either way, in degrees.
  public var shear: Double
  /// How far the elastic distortion moves pixels along an axis: root mean square, in pixels.
  public var elastic: Double
  /// From which fraction of the images a rectangle is erased.
  public var erase: Double

  /// The default. Digits are centred already, so it shifts by half of the usual 0.1.
  public static let standard = ImageAugmentation(shift: 0.05, rotation: 10, zoom: 0.1, shear: 0, elastic: 0.7)
  /// No change.
  public static let none = ImageAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 0)

  /// An augmentation with these bounds of its random draws, see each property.
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

  /// The affine map that the stream's next six draws give, for images of `side`×`side` pixels.
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
