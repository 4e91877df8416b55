import Compute
import Foundations
import KernelShapes

/// Random shifts, rotations, zoom and shear of an image: one affine map, sampled bilinearly in one pass.
///
/// An output pixel at p takes its value from centre + shift + R · S · Z · (p - centre), with R the rotation, S the
/// shear and Z the zoom, as Keras's `ImageDataGenerator` composes them; outside the image is black. Each number is
/// drawn uniformly within its bound, as a function of (seed, epoch, row) alone.
public struct AffineAugmentation: Sendable, Equatable {
  /// The largest shift in either direction, as a fraction of the side.
  public let shift: Double
  /// The largest rotation either way, in degrees.
  public let rotation: Double
  /// The largest change of size, as a fraction: each axis is scaled by 1 - zoom to 1 + zoom.
  public let zoom: Double
  /// The largest shear either way, in degrees.
  public let shear: Double

  /// What the kit does unless told otherwise. Digits come centred, so half of the field's usual shift of 0.1 reads
  /// more of them right after 12 epochs (means over three splits, `simple-dropout`: 0.9934 instead of 0.9921).
  public static let standard = AffineAugmentation(shift: 0.05, rotation: 10, zoom: 0.1, shear: 0)
  /// No change.
  public static let none = AffineAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 0)

  /// The bounds of the draws.
  public init(shift: Double, rotation: Double, zoom: Double, shear: Double) {
    self.shift = shift
    self.rotation = rotation
    self.zoom = zoom
    self.shear = shear
  }

  /// The map drawn for a row in an epoch.
  public func map(row: Int, epoch: Int, _ random: Philox, side: Int) -> AffineMap {
    var stream = RandomStream(random, .augmentation, epoch: epoch, image: row)
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

extension AffineMap {
  /// The map of these numbers about an image's centre: shifts in pixels, angles in degrees, 1 for no zoom.
  init(
    shiftX: Double = 0, shiftY: Double = 0, rotation: Double = 0, zoomX: Double = 1, zoomY: Double = 1,
    shear: Double = 0, side: Int
  ) {
    let (angle, slant) = (rotation * (Double.pi / 180), shear * (Double.pi / 180))
    let (sine, cosine) = (Elementary.sin(angle), Elementary.cos(angle))
    let (shearSine, shearCosine) = (Elementary.sin(slant), Elementary.cos(slant))
    // R · S · Z with S = [1, -sin; 0, cos] over (x, y).
    let xx = cosine * zoomX
    let xy = (-cosine * shearSine - sine * shearCosine) * zoomY
    let yx = sine * zoomX
    let yy = (-sine * shearSine + cosine * shearCosine) * zoomY
    let centre = Double(side - 1) / 2
    self.init(
      xx: Float(xx), xy: Float(xy), x0: Float(centre + shiftX - xx * centre - xy * centre),
      yx: Float(yx), yy: Float(yy), y0: Float(centre + shiftY - yx * centre - yy * centre))
  }

  /// Maps a square image of bytes to floats, 255 to 1: bilinear, black outside.
  public func apply(
    _ source: UnsafePointer<UInt8>, side: Int, to target: UnsafeMutablePointer<Float>,
    _ kernels: InstructionSet
  ) {
    let count = Self.frameCount(side: side)
    if count <= MemoryLayout<StackFrame>.size {
      var frame = StackFrame()
      withUnsafeMutableBytes(of: &frame) { sample(source, side, $0, target, kernels) }
    } else {
      withUnsafeTemporaryAllocation(byteCount: count, alignment: 64) {
        sample(source, side, $0, target, kernels)
      }
    }
  }

  private func sample(
    _ source: UnsafePointer<UInt8>, _ side: Int, _ frame: UnsafeMutableRawBufferPointer,
    _ target: UnsafeMutablePointer<Float>, _ kernels: InstructionSet
  ) {
    guard let frame = frame.baseAddress else { return }
    kernels.affineSample(side, self, source, frame.assumingMemoryBound(to: UInt8.self), target)
  }
}

/// 2,048 bytes, enough for the 1,984 of Kaggle's images: temporary allocations above 1,024 come from the heap.
private struct StackFrame {
  var bytes = (SIMD64<UInt64>(), SIMD64<UInt64>(), SIMD64<UInt64>(), SIMD64<UInt64>())
}
