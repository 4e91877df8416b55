import KernelShapes

enum AffineTwin {
  static func sample(
    _ side: Int, _ map: AffineMap, _ source: UnsafePointer<UInt8>, _ frame: UnsafeMutablePointer<UInt8>,
    _ target: MutableFloats
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
        let x = clamped(map.x0.addingProduct(map.xy, r).addingProduct(map.xx, c))
        let y = clamped(map.y0.addingProduct(map.yy, r).addingProduct(map.yx, c))
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (firstColumn, firstRow) = (Int(left), Int(top))
        let above = between(pixel(firstColumn, firstRow), pixel(firstColumn + 1, firstRow), x - left)
        let below = between(pixel(firstColumn, firstRow + 1), pixel(firstColumn + 1, firstRow + 1), x - left)
        target[row * side + column] = between(above, below, y - top) / 255
      }
    }
  }
}
