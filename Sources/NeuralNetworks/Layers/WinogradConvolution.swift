import Compute
import Foundations
import KernelShapes

/// A convolution by Winograd's minimal filtering, with the 2×2 max pooling after it if there is one.
///
/// It is a 3×3 or 5×5 one of stride 1, or a 5×5 or 6×6 one of stride 2. The latter is computed as a 3×3 one of
/// stride 1 over the four phases of the input, its even and odd rows and columns, whose channels follow one
/// another.
struct WinogradConvolution: ShapedConvolution {
  /// Floats of the tiles that are computed together, more where the weights ask for it: half of a
  /// second-level cache of one megabyte.
  private static let groupFloats = 1 << 17

  let geometry: ConvolutionGeometry
  private let tiling: WinogradTiling
  private let shape: WinogradShape
  let memory: LayerMemory

  /// The weights by phases, `[kernel row][kernel column][phase][input channel][output channel]`, then their
  /// gradient. Empty for a stride of 1.
  private let phased: Region
  /// Transformed inputs, a plane of `[tile][channel]` for each product.
  private let inputs: Region
  /// Transformed outputs, likewise.
  private let outputs: Region
  /// A vector of 16 floats for each product.
  private let square: Region
  /// Likewise, between the two halves of a transform.
  private let between: Region
  /// An image's map before the pooling, in whole tiles.
  private let beforePooling: Region
  /// The gradient of the transformed weights.
  private let weightGradient: Region
  /// The transformed weights.
  private let weights: Region
  /// The transposed weights, for the backward pass: transformed, and before that, whose padding stays zero.
  private let transposedWeights: Region
  private let transposed: Region
  /// See `ConvolutionGeometry.positionBytes`.
  private let positions: Region

  init(_ geometry: ConvolutionGeometry, _ tiling: WinogradTiling) {
    self.geometry = geometry
    self.tiling = tiling
    let shape = Self.shape(geometry, tiling)
    self.shape = shape
    let tile = tiling.tile
    let planes = tile.planes
    let pixel = shape.outputPixelStride
    let tileMap = tiling.count * tile.outputs * tile.outputs * pixel
    var memory = LayerMemory()
    phased = memory.region(shape.stride == 1 ? 0 : tile.weights * shape.depth * pixel, .scratch)
    inputs = memory.region(planes * shape.inputPlane, .scratch)
    outputs = memory.region(planes * shape.outputPlane, .scratch)
    square = memory.region(planes * 16, .scratch)
    between = memory.region(planes * 16, .scratch)
    beforePooling = memory.region(shape.isPooled ? tileMap : 0, .scratch)
    weightGradient = memory.region(planes * shape.weightPlane, .scratch, onlyInTraining: true)
    weights = memory.region(planes * shape.weightPlane, .derived)
    transposedWeights = memory.region(planes * shape.transposedPlane, .derived, onlyInTraining: true)
    transposed = memory.region(
      tile.weights * shape.outputChannels * shape.inputRow, .derived, onlyInTraining: true)
    positions = memory.bytes(geometry.positionBytes, .workspace)
    self.memory = memory
  }

  private static func shape(_ geometry: ConvolutionGeometry, _ tiling: WinogradTiling) -> WinogradShape {
    let convolution = geometry.shape
    let phases = convolution.stride * convolution.stride
    let inputRow = phases * convolution.inputPixelStride
    let depth = phases == 1 ? convolution.inputChannels : inputRow
    let columns = convolution.outputPixelStride
    let floats = tiling.products * (inputRow + columns)
    // Every group reads all the weights. With many channels these are more than a cache holds, so there
    // should be about as many tiles as make what they multiply no smaller.
    let weightsInTiles = depth * columns / (inputRow + columns)
    let images = min(max(1, groupFloats / floats, weightsInTiles / tiling.count), shardSize)
    let tiles = images * tiling.count
    // A line more than the plane has, so that the planes of a tile do not fall into one set of the cache.
    func plane(_ rows: Int, _ columns: Int) -> Int { rows * columns + 16 }
    return WinogradShape(
      stride: convolution.stride, paddingTop: convolution.paddingTop, paddingLeft: convolution.paddingLeft,
      inputRows: convolution.inputRows, inputColumns: convolution.inputColumns,
      inputPixelStride: convolution.inputPixelStride, inputImageStride: convolution.gradientImageStride,
      outputChannels: convolution.outputChannels, outputPixelStride: columns,
      isPooled: geometry.pooling != nil, mapRows: geometry.output.rows, mapColumns: geometry.output.columns,
      mapImageStride: geometry.output.imageStride,
      tile: tiling.tile, tileRows: tiling.rows, tileColumns: tiling.columns, depth: depth,
      inputRow: inputRow, groupImages: images, inputPlane: plane(tiles, inputRow),
      outputPlane: plane(tiles, columns), weightPlane: plane(depth, columns),
      transposedPlane: plane(convolution.outputChannels, inputRow))
  }

  var algorithm: ConvolutionAlgorithm { .winograd(tiling) }

  var normalizesInput: Bool { true }

  var derivations: Int { 2 }

  /// Piece 0 is for the forward pass, piece 1 for the backward pass.
  func derive(_ pass: WeightsPass, piece: Int) {
    if piece == 1 && !pass.isTraining { return }
    let source = weightsByPhases(pass)
    if piece == 0 {
      pass.kernels.winogradWeights(
        WinogradWeights(
          tile: tiling.tile, rows: shape.depth, columns: shape.outputPixelStride, weights: source,
          transformed: pass.memory[weights], plane: shape.weightPlane, scratch: pass.memory[square]))
    } else {
      let transposed = pass.memory[transposed]
      pass.kernels.transposeWeights(
        TransposeWeights(
          layout: .rows, kernelRows: tiling.tile.taps, kernelColumns: tiling.tile.taps,
          inputChannels: shape.depth,
          outputChannels: shape.outputChannels, weightStride: shape.outputPixelStride,
          transposedStride: shape.inputRow, weights: source, transposed: transposed))
      pass.kernels.winogradWeights(
        WinogradWeights(
          tile: tiling.tile, rows: shape.outputChannels, columns: shape.inputRow,
          weights: transposed, transformed: pass.memory[transposedWeights], plane: shape.transposedPlane,
          scratch: pass.memory[square]))
    }
  }

  /// The weights of a stride of 1: the layer's own, or for a stride of 2 a copy by phases, with zeros where the kernel has
  /// none.
  private func weightsByPhases(_ pass: WeightsPass) -> UnsafePointer<Float> {
    if phased.count == 0 { return pass.parameters }
    let copy = pass.memory[phased]
    forEachPhase { block, own, count in
      if let own {
        (copy + block).update(from: pass.parameters + own, count: count)
      } else {
        (copy + block).update(repeating: 0, count: count)
      }
    }
    return UnsafePointer(copy)
  }

  /// Calls `body` with the offset of each block of the weights by phases and of the same block in the layer's
  /// own weights, nil where the kernel has none. A block is an input channel after another, `count` floats.
  private func forEachPhase(_ body: (_ block: Int, _ own: Int?, _ count: Int) -> Void) {
    let convolution = geometry.shape
    let count = convolution.inputChannels * convolution.outputPixelStride
    for position in 0..<9 {
      for phase in 0..<4 {
        let (row, column) = (2 * (position / 3) + phase / 2, 2 * (position % 3) + phase % 2)
        let isThere = row < convolution.kernelRows && column < convolution.kernelColumns
        body(
          (position * 4 + phase) * count, isThere ? (row * convolution.kernelColumns + column) * count : nil,
          count)
      }
    }
  }

  private func scratch(_ pass: ShardPass) -> WinogradScratch {
    WinogradScratch(
      inputs: pass.memory[inputs], outputs: pass.memory[outputs], square: pass.memory[square],
      between: pass.memory[between], map: pass.memory[beforePooling],
      weightGradient: pass.memory[weightGradient])
  }

  func forward(_ pass: ShardPass) {
    pass.kernels.winogradForward(
      WinogradForward(
        shape: shape, images: pass.images, input: pass.input, normalization: pass.normalization,
        weights: pass.memory[weights], bias: pass.parameters + geometry.weightCount, scratch: scratch(pass),
        map: pass.output,
        positions: geometry.pooling == nil ? nil : pass.memory[positions, as: UInt8.self],
        activation: geometry.activation, isTraining: pass.isTraining))
  }

  func backward(_ pass: ShardPass, _ gradients: ShardGradients) {
    geometry.activationGradient(pass, gradients)
    let isPhased = phased.count > 0
    let weightGradient = isPhased ? pass.memory[phased] : gradients.parameters
    pass.kernels.winogradBackward(
      WinogradBackward(
        shape: shape, images: pass.images, input: pass.input, normalization: pass.normalization,
        mapGradient: gradients.output,
        positions: geometry.pooling == nil ? nil : UnsafePointer(pass.memory[positions, as: UInt8.self]),
        transposed: pass.memory[transposedWeights], scratch: scratch(pass),
        weightGradient: weightGradient, inputGradient: gradients.input))
    if !isPhased { return }
    forEachPhase { block, own, count in
      if let own { (gradients.parameters + own).update(from: weightGradient + block, count: count) }
    }
  }
}
