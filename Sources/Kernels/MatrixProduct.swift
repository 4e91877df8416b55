import KernelShapes

// The two products of matrices under Winograd's convolution and dense layers' gradients, on the tiles of `Tile.swift`.

extension Level {
  /// weightGradient = the gradient of the loss to some rows of a dense layer's weights, over the images.
  ///
  /// Each element is one chain: +0, then the images.
  func denseWeightGradient(_ operands: DenseWeightGradient) {
    TransposedProduct(
      rows: operands.rows, depth: operands.images, columns: operands.columns, values: operands.inputs,
      valueStride: operands.inputStride, gradients: operands.outputGradient,
      gradientStride: operands.outputStride, sums: operands.weightGradient, accumulation: .fromZero
    ).compute()
  }
}

/// result = values · weights. Each result is one chain: +0, then the depth.
struct MatrixProduct {
  let rows: Int
  let depth: Int
  /// A multiple of 16.
  let columns: Int
  /// `rows` × `depth`, rows `valueStride` floats apart.
  let values: Floats
  let valueStride: Int
  /// `depth` × `columns`, in strips as in `Weights.swift`.
  let weights: Floats
  /// `rows` × `columns`.
  let result: MutableFloats

  @inline(__always)
  func compute() {
    var column = 0
    while column + WideRow.width <= columns {
      productColumns(WideRow.self, self, column)
      column += WideRow.width
    }
    while column < columns {
      productColumns(Narrow.self, self, column)
      column += Narrow.width
    }
  }
}

@inline(never)
private func productColumns<Row: Columns>(_: Row.Type, _ product: MatrixProduct, _ column: Int) {
  forEachTile(
    WeightTile<Row>.self, Four<Row>.self, product.rows,
    ProductTiles<Row>(
      product: product, weights: product.weights + column * product.depth, result: product.result + column))
}

private struct ProductTiles<Row: Columns>: TileWork {
  let product: MatrixProduct
  let weights: Floats
  let result: MutableFloats

  @inline(__always)
  func compute<Rows: Tile>(_: Rows.Type, from row: Int) where Rows.Row == Row {
    var value = product.values + row * product.valueStride
    let end = value + product.depth
    var weight = weights
    var tile = Rows(repeating: Rows.Row())
    repeat {
      tile.add(Rows.Row(loading: weight), times: value, stride: product.valueStride)
      value += 1
      weight += Rows.Row.width
    } while value < end
    tile.store(to: result + row * product.columns, stride: product.columns)
  }
}

/// sums = valuesᵀ · gradients, or sums + that. Each sum is one chain: +0, or what is there if it is `continuing`, then
/// the depth.
struct TransposedProduct {
  let rows: Int
  let depth: Int
  /// A multiple of 16.
  let columns: Int
  /// `depth` × `rows`, rows `valueStride` floats apart.
  let values: Floats
  let valueStride: Int
  /// `depth` × `columns`, rows `gradientStride` floats apart.
  let gradients: Floats
  let gradientStride: Int
  /// `rows` × `columns`.
  let sums: MutableFloats
  let accumulation: Accumulation

  @inline(__always)
  func compute() {
    var column = 0
    while column + WideRow.width <= columns {
      transposedColumns(WideRow.self, self, column)
      column += WideRow.width
    }
    while column < columns {
      transposedColumns(Narrow.self, self, column)
      column += Narrow.width
    }
  }
}

@inline(never)
private func transposedColumns<Row: Columns>(_: Row.Type, _ product: TransposedProduct, _ column: Int) {
  forEachTile(
    WeightTile<Row>.self, Four<Row>.self, product.rows,
    TransposedTiles<Row>(
      product: product, gradients: product.gradients + column, sums: product.sums + column))
}

private struct TransposedTiles<Row: Columns>: TileWork {
  let product: TransposedProduct
  let gradients: Floats
  let sums: MutableFloats

  @inline(__always)
  func compute<Rows: Tile>(_: Rows.Type, from row: Int) where Rows.Row == Row {
    let target = sums + row * product.columns
    var value = product.values + row
    var gradient = gradients
    let end = gradients + product.depth * product.gradientStride
    var tile = Rows(product.accumulation, target, stride: product.columns)
    repeat {
      tile.add(Rows.Row(loading: gradient), times: value, stride: 1)
      value += product.valueStride
      gradient += product.gradientStride
    } while gradient < end
    tile.store(to: target, stride: product.columns)
  }
}
