import KernelShapes

enum AffineTwin {
  static func sample(
    _ side: Int, _ map: AffineMap, _ source: UnsafePointer<UInt8>, _ frame: UnsafeMutablePointer<UInt8>,
    _ target: MutableFloats
  ) {
    displacedSample(side, map, source, target) { _, _ in (0, 0) }
  }

  static func elasticSample(
    _ side: Int, _ map: AffineMap, _ points: Int, _ weights: UnsafePointer<Float>,
    _ controls: UnsafePointer<Float>, _ source: UnsafePointer<UInt8>, _ frame: UnsafeMutablePointer<UInt8>,
    _ target: MutableFloats
  ) {
    func displacement(_ axis: Int, _ row: Int, _ column: Int) -> Float {
      var sum: Float = 0
      for j in 0..<points {
        var across: Float = 0
        for i in 0..<points {
          across.addProduct(weights[i * side + row], controls[(axis * points + i) * points + j])
        }
        sum.addProduct(weights[j * side + column], across)
      }
      return sum
    }
    displacedSample(side, map, source, target) { (displacement(0, $0, $1), displacement(1, $0, $1)) }
  }

  private static func displacedSample(
    _ side: Int, _ map: AffineMap, _ source: UnsafePointer<UInt8>, _ target: MutableFloats,
    _ displacement: (_ row: Int, _ column: Int) -> (Float, Float)
  ) {
    func pixel(_ column: Int, _ row: Int) -> Float {
      let isInside = (0..<side).contains(column) && (0..<side).contains(row)
      return isInside ? Float(source[row * side + column]) : 0
    }
    func clamped(_ value: Float) -> Float {
      let low = value > -1 ? value : -1
      return low < Float(side) ? low : Float(side)
    }
    func between(_ first: Float, _ second: Float, _ fraction: Float) -> Float {
      first.addingProduct(fraction, second - first)
    }
    for row in 0..<side {
      for column in 0..<side {
        let (r, c) = (Float(row), Float(column))
        let (dx, dy) = displacement(row, column)
        let x = clamped(map.x0.addingProduct(map.xy, r).addingProduct(map.xx, c) + dx)
        let y = clamped(map.y0.addingProduct(map.yy, r).addingProduct(map.yx, c) + dy)
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (firstColumn, firstRow) = (Int(left), Int(top))
        let above = between(pixel(firstColumn, firstRow), pixel(firstColumn + 1, firstRow), x - left)
        let below = between(pixel(firstColumn, firstRow + 1), pixel(firstColumn + 1, firstRow + 1), x - left)
        target[row * side + column] = between(above, below, y - top) / 255
      }
    }
  }
}
