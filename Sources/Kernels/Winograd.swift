import CMachine
import KernelShapes

// A 3×3 or 5×5 convolution of stride 1, or a 5×5 or 6×6 one of stride 2, by Winograd's minimal filtering F(m×m, r×r): (m + r - 1)²
// products for m² outputs where the direct way takes r² m² (of stride 2, 25 or 36 m²). The shape's `tile` says m and r: 36 products for 16
// outputs, 49 for 25 or 64 for 36, and with r = 5 64 for 16. A tile's inputs are transformed (Bᵀ d B), multiplied with the transformed weights
// (G g Gᵀ) and summed over the channels, plane by plane, and transformed back (Aᵀ m A). Backward is the exact transpose of that: the transformed gradient of the
// outputs, q = A y Aᵀ, gives both the weights' (Gᵀ (Σ v q) G) and the inputs' (B (Σ q u) Bᵀ).
// The transforms are in `WinogradTransforms.swift`: along columns first, then along rows.
//
// A convolution of stride 2 is one of stride 1 over the four phases of its input, the even and the odd rows and columns,
// as channels one after the other; what a 5×5 or 6×6 kernel has for a phase are 3×3 weights, zeros where it has none.
//
// No result is one chain; the order of every operation is fixed all the same. Sums over channels and tiles are chains
// of fused multiply-adds from +0: forward over the phases and the input channels; the inputs' gradient over the output
// channels; the weights' over the shard's tiles (images, tile rows, tile columns). Inputs in the padding or past it, and
// outputs that nobody reads, are zeros.

extension Level {
  /// transformed = G g Gᵀ of each row's and column's 3×3 or 5×5 weights g, plane by plane.
  func winogradWeights(_ operands: WinogradWeights) {
    switch operands.tile {
    case .f43: transformWeights(FourOutputs.self, operands)
    case .f53: transformWeights(FiveOutputs.self, operands)
    case .f63: transformWeights(SixOutputs.self, operands)
    case .f45: transformWeights(FourOutputsOfFiveTaps.self, operands)
    }
  }

  /// map = input ⊛ weights + bias, the input normalized first if asked, then the activation, then the largest of each 2×2 window if the shape is pooled.
  ///
  /// Each output is the transform's result + bias. positions get where each maximum is, as `largest` numbers a window's
  /// elements.
  func winogradForward(_ operands: WinogradForward) {
    switch operands.shape.tile {
    case .f43: forward(FourOutputs.self, operands)
    case .f53: forward(FiveOutputs.self, operands)
    case .f63: forward(SixOutputs.self, operands)
    case .f45: forward(FourOutputsOfFiveTaps.self, operands)
    }
  }

  /// weightGradient and inputGradient from the gradient to the map, through the pooling if there is one.
  ///
  /// An element of the input's gradient adds up, from +0, what each of the tiles that hold it gives, in the tiles' order.
  func winogradBackward(_ operands: WinogradBackward) {
    switch operands.shape.tile {
    case .f43: backward(FourOutputs.self, operands)
    case .f53: backward(FiveOutputs.self, operands)
    case .f63: backward(SixOutputs.self, operands)
    case .f45: backward(FourOutputsOfFiveTaps.self, operands)
    }
  }
}

@inline(__always)
private func forward<Transforms: WinogradTransforms>(_: Transforms.Type, _ operands: WinogradForward) {
  let shape = operands.shape
  let scratch = operands.scratch
  var first = 0
  while first < operands.images {
    let images = first..<min(first + shape.groupImages, operands.images)
    transformInputs(
      Transforms.self, shape, images, operands.input, operands.normalization,
      fetchesAhead: operands.isTraining, scratch)
    for plane in 0..<Transforms.planes {
      MatrixProduct(
        rows: images.count * shape.tileRows * shape.tileColumns, depth: shape.depth,
        columns: shape.outputPixelStride, values: scratch.inputs + plane * shape.inputPlane,
        valueStride: shape.inputRow, weights: operands.weights + plane * shape.weightPlane,
        result: scratch.outputs + plane * shape.outputPlane
      ).compute()
    }
    transformOutputs(Transforms.self, operands, images, scratch)
    first = images.upperBound
  }
}

@inline(__always)
private func backward<Transforms: WinogradTransforms>(_: Transforms.Type, _ operands: WinogradBackward) {
  let shape = operands.shape
  let scratch = operands.scratch
  var first = 0
  while first < operands.images {
    let images = first..<min(first + shape.groupImages, operands.images)
    let tiles = images.count * shape.tileRows * shape.tileColumns
    transformInputs(
      Transforms.self, shape, images, operands.input, operands.normalization, fetchesAhead: true, scratch)
    transformMapGradients(Transforms.self, operands, images, scratch)
    for plane in 0..<Transforms.planes {
      let inputs = scratch.inputs + plane * shape.inputPlane
      let gradients = scratch.outputs + plane * shape.outputPlane
      TransposedProduct(
        rows: shape.depth, depth: tiles, columns: shape.outputPixelStride, values: inputs,
        valueStride: shape.inputRow, gradients: gradients, gradientStride: shape.outputPixelStride,
        sums: scratch.weightGradient + plane * shape.weightPlane,
        accumulation: first == 0 ? .fromZero : .continuing
      ).compute()
      if operands.inputGradient != nil {
        // In the inputs' place, which are no longer needed.
        MatrixProduct(
          rows: tiles, depth: shape.outputChannels, columns: shape.inputRow, values: gradients,
          valueStride: shape.outputPixelStride,
          weights: operands.transposed + plane * shape.transposedPlane, result: inputs
        ).compute()
      }
    }
    if let inputGradient = operands.inputGradient {
      addInputGradients(Transforms.self, shape, images, scratch, inputGradient)
    }
    first = images.upperBound
  }
  transformWeightGradients(Transforms.self, shape, scratch, operands.weightGradient)
}

extension WinogradTransforms {
  /// Products of a tile.
  static var planes: Int { @inline(__always) get { Products.count * Products.count } }
}

/// Asks for the lines that follow those at `index`, a multiple of a vector, from `target`, once for each line: `count` of them that are
/// `stride` floats apart. They are not in a near cache, and a processor that stores to one after the other waits for each.
@inline(__always)
private func fetchNextLines(_ target: MutableFloats, at index: Int, stride: Int, count: Int) {
  if index & 15 != 0 { return }
  for number in 0..<count { fetchLineForWriting(target + number * stride + index + 16) }
}

@inline(never)
private func transformWeights<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ operands: WinogradWeights
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Weights) -> Transforms.Products { Transforms.weights(line) }
  let (rows, columns, plane) = (operands.rows, operands.columns, operands.plane)
  let position = rows * columns
  var column = 0
  while column < columns {
    let width = strip(of: column, columns).width
    for row in 0..<rows {
      let source = operands.weights + row * columns + column
      let target = operands.transformed + stripOffset(row, column, rows, columns)
      var lane = 0
      while lane < width {
        fetchNextLines(target, at: lane, stride: plane, count: Transforms.planes)
        transformSquare(
          source + lane, rowStride: Transforms.Weights.count * position, columnStride: position,
          operands.scratch, target + lane,
          rowStride: Transforms.Products.count * plane, columnStride: plane, lineTransform)
        lane += lanes
      }
    }
    column += width
  }
}

@inline(never)
private func transformWeightGradients<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ scratch: WinogradScratch,
  _ weightGradient: MutableFloats
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Transforms.Weights { Transforms.weightGradients(line) }
  let position = shape.depth * shape.outputPixelStride
  var index = 0
  while index < position {
    fetchNextLines(
      weightGradient, at: index, stride: position,
      count: Transforms.Weights.count * Transforms.Weights.count)
    transformSquare(
      scratch.weightGradient + index, rowStride: Transforms.Products.count * shape.weightPlane,
      columnStride: shape.weightPlane, scratch.between, weightGradient + index,
      rowStride: Transforms.Weights.count * position, columnStride: position, lineTransform)
    index += lanes
  }
}
