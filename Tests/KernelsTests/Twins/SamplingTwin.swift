import Compute

extension ScalarTwin {
  func scalePixels(_ operands: ScalePixels) {
    for index in 0..<operands.count { operands.result[index] = Float(operands.pixels[index]) / 255 }
  }

  func sampleImage(_ operands: ImageSample) {
    let (side, map) = (operands.side, operands.map)
    func displacement(_ axis: Int, _ row: Int, _ column: Int) -> Float? {
      guard let grid = operands.displacement else { return nil }
      var sum: Float = 0
      for j in 0..<grid.points {
        var across: Float = 0
        for i in 0..<grid.points {
          across.addProduct(
            grid.weights[i * side + row], grid.controls[(axis * grid.points + i) * grid.points + j])
        }
        sum.addProduct(grid.weights[j * side + column], across)
      }
      return sum
    }
    func pixel(_ column: Int, _ row: Int) -> Float {
      let isInside = (0..<side).contains(column) && (0..<side).contains(row)
      return isInside ? Float(operands.image[row * side + column]) : 0
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
        var x = map.x0.addingProduct(map.xy, r).addingProduct(map.xx, c)
        var y = map.y0.addingProduct(map.yy, r).addingProduct(map.yx, c)
        if let across = displacement(0, row, column), let down = displacement(1, row, column) {
          (x, y) = (x + across, y + down)
        }
        (x, y) = (clamped(x), clamped(y))
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (firstColumn, firstRow) = (Int(left), Int(top))
        let above = between(pixel(firstColumn, firstRow), pixel(firstColumn + 1, firstRow), x - left)
        let below = between(pixel(firstColumn, firstRow + 1), pixel(firstColumn + 1, firstRow + 1), x - left)
        operands.result[row * side + column] = between(above, below, y - top) / 255
      }
    }
  }
}
