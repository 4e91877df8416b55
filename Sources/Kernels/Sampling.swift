import KernelShapes

// Sampling an image at the places that an affine map gives. A pixel depends on its own place alone, so vectors run along
// a row, and a row's last vector may overlap the one before it.

extension Level {
  /// A pixel of the result at (column c, row r) is the image at x = xx·c + (xy·r + x0) and y = yx·c + (yy·r + y0), bilinear,
  /// black outside, 255 being 1.
  ///
  /// Each of a coordinate's two sums is one fused multiply-add; then both coordinates are clamped to
  /// -1…side (NaN to -1), where the image is black. With a and b the bytes to the left and right of the place, above
  /// and below it, and the fractions u of x and v of y:
  ///
  ///     above = a + u · (b - a)        one fused multiply-add; the same for below
  ///     pixel = (above + v · (below - above)) / 255        likewise, then a division
  ///
  /// A displacement, if there is one, is added to each coordinate before the clamping. With w its weights, a pixel is
  /// displaced along an axis by
  ///
  ///     across(j) = w(0, row) · control(0, j), then + w(i, row) · control(i, j) for i = 1, 2, …    fused
  ///     displacement = w(0, column) · across(0), then + w(j, column) · across(j) for j = 1, 2, …    fused
  func sampleImage(_ operands: ImageSample) {
    if let grid = operands.displacement {
      sample(operands, grid)
    } else {
      sample(operands, nil)
    }
  }
}

@inline(__always)
private func sample(_ operands: ImageSample, _ grid: DisplacementGrid?) {
  let (side, map) = (operands.side, operands.map)
  fillFrame(operands)
  // Columns outside, so that their numbers, which the compiler makes one by one, are made once a column of vectors.
  var steps = Vector()
  for lane in 0..<lanes { steps[lane] = Float(lane) }
  var start = 0
  repeat {
    let columns = steps + Float(start)
    var row = 0
    repeat {
      let rowX = Vector(repeating: map.x0.addingProduct(map.xy, Float(row)))
      let rowY = Vector(repeating: map.y0.addingProduct(map.yy, Float(row)))
      var x = rowX.addingProduct(Vector(repeating: map.xx), columns)
      var y = rowY.addingProduct(Vector(repeating: map.yx), columns)
      if let grid {
        let (alongX, alongY) = displacements(side, grid, row, start)
        x += alongX
        y += alongY
      }
      let values = sample(x, y, operands)
      let line = operands.result + row * side + start
      if side < lanes {
        for lane in 0..<side { line[lane] = values[lane] }
      } else {
        storeVector(values, line)
      }
      row += 1
    } while row < side
    start = start + lanes < side ? min(start + lanes, side - lanes) : side
  } while start < side
}

/// The displacements along both axes of a row's columns from `start` on.
@inline(__always)
private func displacements(
  _ side: Int, _ grid: DisplacementGrid, _ row: Int, _ start: Int
) -> (Vector, Vector) {
  let (points, weights, controls) = (grid.points, grid.weights, grid.controls)
  var (alongX, alongY) = (Vector(), Vector())
  var point = 0
  repeat {
    var (acrossX, acrossY) = (Float(0), Float(0))
    var other = 0
    repeat {
      let weight = weights[other * side + row]
      let control = controls + other * points + point
      acrossX = acrossX.addingProduct(weight, control[0])
      acrossY = acrossY.addingProduct(weight, control[points * points])
      other += 1
    } while other < points
    let line = weights + point * side + start
    var columnWeights = Vector()
    if side < lanes {
      for lane in 0..<side { columnWeights[lane] = line[lane] }
    } else {
      columnWeights = loadVector(line)
    }
    alongX = alongX.addingProduct(columnWeights, Vector(repeating: acrossX))
    alongY = alongY.addingProduct(columnWeights, Vector(repeating: acrossY))
    point += 1
  } while point < points
  return (alongX, alongY)
}

/// Pairs of bytes, each pixel's and the one's below, from row and column -1 on, with zeros around the image: so that one
/// load of four bytes takes all that a place lies between.
@inline(__always)
private func fillFrame(_ operands: ImageSample) {
  let (side, pitch, count) = (operands.side, operands.framePitch, operands.frameCount)
  let (source, frame) = (operands.image, operands.frame)
  var index = 0
  while index < count {
    let start = UnsafeMutableRawPointer(frame + min(index, count - 64))
    start.storeBytes(of: SIMD64<UInt8>(), as: SIMD64<UInt8>.self)
    index += 64
  }
  for row in -1..<side {
    let line = frame + (row + 1) * pitch + 2
    let (upper, lower) = (source + max(row, 0) * side, source + min(row + 1, side - 1) * side)
    let upperMask: UInt8 = row < 0 ? 0 : 255
    let lowerMask: UInt8 = row + 1 < side ? 255 : 0
    if side < 16 {
      for column in 0..<side {
        line[2 * column] = upper[column] & upperMask
        line[2 * column + 1] = lower[column] & lowerMask
      }
      continue
    }
    var column = 0
    while column < side {
      let start = min(column, side - 16)
      let above = UnsafeRawPointer(upper + start).loadUnaligned(as: SIMD16<UInt8>.self)
      let below = UnsafeRawPointer(lower + start).loadUnaligned(as: SIMD16<UInt8>.self)
      var pairs = SIMD32<UInt8>()
      pairs.evenHalf = above & SIMD16(repeating: upperMask)
      pairs.oddHalf = below & SIMD16(repeating: lowerMask)
      UnsafeMutableRawPointer(line + 2 * start).storeBytes(of: pairs, as: SIMD32<UInt8>.self)
      column += 16
    }
  }
}

/// 2²³: a float from here to 2²⁴ has its whole number in the lowest bits.
private let wholeFloat: Float = 0x1p23

@inline(__always)
private func sample(_ x: Vector, _ y: Vector, _ operands: ImageSample) -> Vector {
  let (side, pitch) = (operands.side, operands.framePitch)
  let (left, u) = wholeAndFraction(clamped(x, Float(side)))
  let (top, v) = wholeAndFraction(clamped(y, Float(side)))
  // The frame's first pair is at (-1, -1). Whole numbers far below 2²³: exact in any order, fused or not.
  let origin = wholeFloat + Float(pitch) + 2
  let place = (left + left + origin).addingProduct(top, Vector(repeating: Float(pitch)))
  let offsets = unsafeBitCast(place, to: Bits.self)
  var corners = Bits()
  let start = UnsafeRawPointer(operands.frame)
  for lane in 0..<lanes {
    corners[lane] = (start + Int(offsets[lane] & 0x7F_FFFF)).loadUnaligned(as: Int32.self)
  }
  let upper = between(corners, u)
  let lower = between(corners &>> 8, u)
  return upper.addingProduct(v, lower - upper) / 255
}

@inline(__always)
private func clamped(_ value: Vector, _ limit: Float) -> Vector {
  let least = Vector(repeating: -1)
  let most = Vector(repeating: limit)
  let low = select(value, bits(value .> least), else: least)
  return select(low, bits(low .< most), else: most)
}

/// The whole number not above `value` and what remains, both exact, for magnitudes below 2²².
@inline(__always)
private func wholeAndFraction(_ value: Vector) -> (Vector, Vector) {
  let shift = Vector(repeating: 0x1.8p23)
  let nearest = (value + shift) - shift
  let one = select(Vector(repeating: 1), bits(nearest .> value))
  let whole = nearest - one
  return (whole, value - whole)
}

/// The lowest byte of each word and the one above it, and between them at `fraction`.
@inline(__always)
private func between(_ words: Bits, _ fraction: Vector) -> Vector {
  let exponent = Bits(repeating: 0x4B00_0000)
  let byte = Bits(repeating: 255)
  let left = unsafeBitCast(words & byte | exponent, to: Vector.self)
  let right = unsafeBitCast((words &>> 16) & byte | exponent, to: Vector.self)
  return (left - wholeFloat).addingProduct(fraction, right - left)
}
