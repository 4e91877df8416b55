// The two products of matrices under Winograd's convolution and dense layers' gradients, on the tiles of `Tile.swift`.

/// result = values · weights, for `rows` × `depth` values, `depth` × `columns` weights and `rows` × `columns` results.
///
/// Rows of values are `valueStride` floats apart, those of results `columns`, a multiple of 16; weights stand in
/// strips, as in `Weights.swift`. Each result is one chain: +0, then the depth.
@inline(__always)
func matrixProduct(
  rows: Int, depth: Int, columns: Int, _ values: UnsafePointer<Float>, valueStride: Int,
  _ weights: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  var column = 0
  while column + Wide.width <= columns {
    productColumns(
      Wide.self, rows, depth, columns, values, valueStride, weights + column * depth, result + column)
    column += Wide.width
  }
  while column < columns {
    productColumns(
      Narrow.self, rows, depth, columns, values, valueStride, weights + column * depth, result + column)
    column += Narrow.width
  }
}

@inline(never)
private func productColumns<Row: Columns>(
  _: Row.Type, _ rows: Int, _ depth: Int, _ columns: Int, _ values: UnsafePointer<Float>, _ valueStride: Int,
  _ weights: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  var row = 0
  while row + WeightTile<Row>.height <= rows {
    productTile(WeightTile<Row>.self, row, depth, columns, values, valueStride, weights, result)
    row += WeightTile<Row>.height
  }
  while row + Four<Row>.height <= rows {
    productTile(Four<Row>.self, row, depth, columns, values, valueStride, weights, result)
    row += Four<Row>.height
  }
  while row < rows {
    productTile(One<Row>.self, row, depth, columns, values, valueStride, weights, result)
    row += 1
  }
}

@inline(__always)
private func productTile<Rows: Tile>(
  _: Rows.Type, _ row: Int, _ depth: Int, _ columns: Int, _ values: UnsafePointer<Float>, _ valueStride: Int,
  _ weights: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  var value = values + row * valueStride
  let end = value + depth
  var weight = weights
  var tile = Rows(repeating: Rows.Row())
  repeat {
    tile.add(Rows.Row(loading: weight), times: value, stride: valueStride)
    value += 1
    weight += Rows.Row.width
  } while value < end
  tile.store(to: result + row * columns, stride: columns)
}

/// weightGradient = the gradient of the loss to `rows` rows of a dense layer's weights, over the images.
///
/// inputs `[image][row]`, `inputStride` floats apart; outputGradient `[image][column]`, `gradientStride` floats apart;
/// weightGradient `[row][column]`. `columns` is a multiple of 16. Each element is one chain: +0, then the images.
public func denseWeightGradient(
  _ rows: Int, _ images: Int, _ columns: Int, _ inputs: UnsafePointer<Float>, _ inputStride: Int,
  _ outputGradient: UnsafePointer<Float>, _ gradientStride: Int, _ weightGradient: UnsafeMutablePointer<Float>
) {
  transposedProduct(
    rows: rows, depth: images, columns: columns, inputs, valueStride: inputStride, outputGradient,
    gradientStride: gradientStride, weightGradient, continues: false)
}

/// sums = valuesᵀ · gradients, or sums + that where it `continues`, for `depth` × `rows` values, `depth` × `columns`
/// gradients and `rows` × `columns` sums.
///
/// Rows of values and gradients are `valueStride` and `gradientStride` floats apart, those of sums `columns`, a multiple of
/// 16. Each sum is one chain: +0 (or what is there), then the depth.
@inline(__always)
func transposedProduct(
  rows: Int, depth: Int, columns: Int, _ values: UnsafePointer<Float>, valueStride: Int,
  _ gradients: UnsafePointer<Float>, gradientStride: Int, _ sums: UnsafeMutablePointer<Float>, continues: Bool
) {
  var column = 0
  while column + Wide.width <= columns {
    transposedColumns(
      Wide.self, rows, depth, columns, values, valueStride, gradients + column, gradientStride,
      sums + column, continues)
    column += Wide.width
  }
  while column < columns {
    transposedColumns(
      Narrow.self, rows, depth, columns, values, valueStride, gradients + column, gradientStride,
      sums + column, continues)
    column += Narrow.width
  }
}

@inline(never)
private func transposedColumns<Row: Columns>(
  _: Row.Type, _ rows: Int, _ depth: Int, _ columns: Int, _ values: UnsafePointer<Float>, _ valueStride: Int,
  _ gradients: UnsafePointer<Float>, _ gradientStride: Int, _ sums: UnsafeMutablePointer<Float>,
  _ continues: Bool
) {
  var row = 0
  while row + WeightTile<Row>.height <= rows {
    transposedTile(
      WeightTile<Row>.self, row, depth, columns, values, valueStride, gradients, gradientStride, sums,
      continues)
    row += WeightTile<Row>.height
  }
  while row + Four<Row>.height <= rows {
    transposedTile(
      Four<Row>.self, row, depth, columns, values, valueStride, gradients, gradientStride, sums, continues)
    row += Four<Row>.height
  }
  while row < rows {
    transposedTile(
      One<Row>.self, row, depth, columns, values, valueStride, gradients, gradientStride, sums, continues)
    row += 1
  }
}

@inline(__always)
private func transposedTile<Rows: Tile>(
  _: Rows.Type, _ row: Int, _ depth: Int, _ columns: Int, _ values: UnsafePointer<Float>, _ valueStride: Int,
  _ gradients: UnsafePointer<Float>, _ gradientStride: Int, _ sums: UnsafeMutablePointer<Float>,
  _ continues: Bool
) {
  let target = sums + row * columns
  var value = values + row
  var gradient = gradients
  let end = gradients + depth * gradientStride
  var tile = continues ? Rows(loading: target, stride: columns) : Rows(repeating: Rows.Row())
  repeat {
    tile.add(Rows.Row(loading: gradient), times: value, stride: 1)
    value += valueStride
    gradient += gradientStride
  } while gradient < end
  tile.store(to: target, stride: columns)
}
