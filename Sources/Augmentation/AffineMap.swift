import Foundations
import KernelShapes

extension AffineMap {
  /// The map that shifts (in pixels), rotates (degrees), zooms (1 for none) and shears (degrees) about the centre of an
  /// image of `side`×`side` pixels.
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
}
