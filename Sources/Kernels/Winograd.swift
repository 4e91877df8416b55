import KernelShapes

// A 3×3 convolution of stride 1, or a 5×5 or 6×6 one of stride 2, by Winograd's minimal filtering F(m×m, 3×3): (m + 2)²
// products for m² outputs where the direct way takes 9 m² (25 or 36 m²). m is the shape's `tileOutputs`: 4 (36 products for 16 outputs) or 5 (49 for 25). A tile's inputs
// are transformed (Bᵀ d B), multiplied with the transformed weights (G g Gᵀ) and summed over the channels, plane by
// plane, and transformed back (Aᵀ m A). Backward is the exact transpose of that: the transformed gradient of the
// outputs, q = A y Aᵀ, gives both the weights' (Gᵀ (Σ v q) G) and the inputs' (B (Σ q u) Bᵀ).
// The transforms stand in `WinogradTransforms.swift`: along columns first, then along rows.
//
// A convolution of stride 2 is one of stride 1 over the four phases of its input, the even and the odd rows and columns,
// as channels one behind the other; what a 5×5 or 6×6 kernel has for a phase are 3×3 weights, zeros where it has none.
//
// No result is one chain; the order of every operation is fixed all the same. Sums over channels and tiles are chains
// of fused multiply-adds from +0: forward over the phases and the input channels; the inputs' gradient over the output channels; the
// weights' over the shard's tiles (images, tile rows, tile columns). Inputs in the padding
// or behind it, and outputs that nobody reads, are zeros.

/// transformed, (m + 2)² planes, `plane` floats apart, of `rows` × `columns` in strips as in `Weights.swift`, from
/// weights `[kernel row][kernel column][row][column]`: G g Gᵀ for m = `tileOutputs`. `columns` is a multiple of 16;
/// `scratch` holds (m + 2)² vectors of 16.
public func winogradWeights(
  _ tileOutputs: Int, _ rows: Int, _ columns: Int, _ weights: UnsafePointer<Float>, _ plane: Int,
  _ transformed: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
) {
  if tileOutputs == 5 {
    transformWeights(FiveOutputs.self, rows, columns, weights, plane, transformed, scratch)
  } else {
    transformWeights(FourOutputs.self, rows, columns, weights, plane, transformed, scratch)
  }
}

/// output = input ⊛ weights + bias, then ReLU if asked for, then the largest of each 2×2 window if `pooled`.
///
/// input `[image][row][column][channel]`, images as far apart as those of its gradient; weights as `winogradWeights` gives
/// them; output `[image][map row][map column][output channel]`.
/// Each output is the transform's result + bias, then `x < 0 ? 0 : x`. `positions`, unless nil, gets for each element of
/// a pooled map where its maximum stood, as `largest` numbers them. `scratch` is laid out as in `WinogradScratch`.
public func winogradForward(
  _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>?, _ rectified: Bool
) {
  let scratch = WinogradScratch(shape, scratch)
  if shape.tileOutputs == 5 {
    forward(FiveOutputs.self, shape, images, input, weights, bias, scratch, output, positions, rectified)
  } else {
    forward(FourOutputs.self, shape, images, input, weights, bias, scratch, output, positions, rectified)
  }
}

@inline(__always)
private func forward<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ scratch: WinogradScratch,
  _ output: UnsafeMutablePointer<Float>, _ positions: UnsafeMutablePointer<UInt8>?, _ rectified: Bool
) {
  let convolution = shape.convolution
  let positionsOfImage = shape.mapRows * shape.mapColumns * convolution.outputPixelStride
  var first = 0
  while first < images {
    let count = min(shape.groupImages, images - first)
    transformInputs(Transforms.self, shape, count, input + first * convolution.gradientImageStride, scratch)
    for plane in 0..<Transforms.planes {
      matrixProduct(
        rows: count * shape.tileRows * shape.tileColumns, depth: shape.depth,
        columns: convolution.outputPixelStride, scratch.inputs + plane * shape.inputPlane,
        valueStride: shape.inputRow, weights + plane * shape.weightPlane,
        scratch.outputs + plane * shape.outputPlane)
    }
    transformOutputs(
      Transforms.self, shape, count, bias, scratch, output + first * shape.mapImageStride,
      positions.map { $0 + first * positionsOfImage }, rectified)
    first += count
  }
}

/// weightGradient and inputGradient from the gradient of the output, before the pooling if there is one.
///
/// Shapes as in `winogradForward`, the transposed weights as `winogradWeights` gives them from `transposeWeights`'s.
/// `outputGradient` is zero where a ReLU was. An element of the input's gradient adds up, from +0, what each of the tiles
/// that hold it gives, in the tiles' order.
public func winogradBackward(
  _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ positions: UnsafePointer<UInt8>?,
  _ transposed: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ weightGradient: UnsafeMutablePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>?
) {
  let scratch = WinogradScratch(shape, scratch)
  if shape.tileOutputs == 5 {
    backward(
      FiveOutputs.self, shape, images, input, outputGradient, positions, transposed, scratch, weightGradient,
      inputGradient)
  } else {
    backward(
      FourOutputs.self, shape, images, input, outputGradient, positions, transposed, scratch, weightGradient,
      inputGradient)
  }
}

@inline(__always)
private func backward<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ shape: WinogradShape, _ images: Int, _ input: UnsafePointer<Float>,
  _ outputGradient: UnsafePointer<Float>, _ positions: UnsafePointer<UInt8>?,
  _ transposed: UnsafePointer<Float>, _ scratch: WinogradScratch,
  _ weightGradient: UnsafeMutablePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>?
) {
  let convolution = shape.convolution
  let positionsOfImage = shape.mapRows * shape.mapColumns * convolution.outputPixelStride
  var first = 0
  while first < images {
    let count = min(shape.groupImages, images - first)
    let tiles = count * shape.tileRows * shape.tileColumns
    transformInputs(Transforms.self, shape, count, input + first * convolution.gradientImageStride, scratch)
    transformOutputGradients(
      Transforms.self, shape, count, outputGradient + first * shape.mapImageStride,
      positions.map { $0 + first * positionsOfImage }, scratch)
    for plane in 0..<Transforms.planes {
      let inputs = scratch.inputs + plane * shape.inputPlane
      let gradients = scratch.outputs + plane * shape.outputPlane
      transposedProduct(
        rows: shape.depth, depth: tiles, columns: convolution.outputPixelStride, inputs,
        valueStride: shape.inputRow, gradients, gradientStride: convolution.outputPixelStride,
        scratch.weights + plane * shape.weightPlane, continues: first > 0)
      if inputGradient != nil {
        // In the inputs' place, which are not needed any more.
        matrixProduct(
          rows: tiles, depth: convolution.outputChannels, columns: shape.inputRow, gradients,
          valueStride: convolution.outputPixelStride, transposed + plane * shape.transposedPlane, inputs)
      }
    }
    if let inputGradient {
      addInputGradients(
        Transforms.self, shape, count, scratch, inputGradient + first * convolution.gradientImageStride)
    }
    first += count
  }
  transformWeightGradients(Transforms.self, shape, scratch, weightGradient)
}

/// The parts of the memory that a call works in: transformed inputs, transformed outputs, two squares of vectors, with
/// a pooling an image's map before it, in whole tiles, and for the backward pass the transformed weights' gradient.
struct WinogradScratch {
  let inputs: UnsafeMutablePointer<Float>
  let outputs: UnsafeMutablePointer<Float>
  let square: UnsafeMutablePointer<Float>
  let between: UnsafeMutablePointer<Float>
  let map: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>

  init(_ shape: WinogradShape, _ start: UnsafeMutablePointer<Float>) {
    let planes = (shape.tileOutputs + 2) * (shape.tileOutputs + 2)
    let outputsOfTile = shape.tileOutputs * shape.tileOutputs
    inputs = start
    outputs = inputs + planes * shape.inputPlane
    square = outputs + planes * shape.outputPlane
    between = square + planes * 16
    map = between + planes * 16
    let pixels = shape.pooled ? shape.tileRows * shape.tileColumns * outputsOfTile : 0
    weights = map + pixels * shape.convolution.outputPixelStride
  }
}

extension WinogradTransforms {
  /// Products of a tile.
  static var planes: Int { @inline(__always) get { Products.count * Products.count } }
}

@inline(never)
private func transformWeights<Transforms: WinogradTransforms>(
  _: Transforms.Type, _ rows: Int, _ columns: Int, _ weights: UnsafePointer<Float>, _ plane: Int,
  _ transformed: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
) {
  @inline(__always)
  func lineTransform(_ line: Line3) -> Transforms.Products { Transforms.weights(line) }
  let position = rows * columns
  var column = 0
  while column < columns {
    let width = strip(of: column, columns).width
    for row in 0..<rows {
      let source = weights + row * columns + column
      let target = transformed + stripOffset(row, column, rows, columns)
      var lane = 0
      while lane < width {
        transformSquare(
          source + lane, rowStride: 3 * position, columnStride: position, scratch, target + lane,
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
  _ weightGradient: UnsafeMutablePointer<Float>
) {
  @inline(__always)
  func lineTransform(_ line: Transforms.Products) -> Line3 { Transforms.weightGradients(line) }
  let position = shape.depth * shape.convolution.outputPixelStride
  var index = 0
  while index < position {
    transformSquare(
      scratch.weights + index, rowStride: Transforms.Products.count * shape.weightPlane,
      columnStride: shape.weightPlane, scratch.between, weightGradient + index, rowStride: 3 * position,
      columnStride: position, lineTransform)
    index += lanes
  }
}
