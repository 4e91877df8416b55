import Compute
import Foundations
import KernelShapes

/// A 3×3 convolution of stride 1, or a 5×5 or 6×6 one of stride 2, by Winograd's minimal filtering, with the 2×2 max pooling
/// behind it if there is one.
struct WinogradConvolution: ShapedLayer {
  /// Floats of the tiles that are computed together, more where the weights ask for it: half of a second-level cache of
  /// one megabyte.
  private static let groupFloats = 1 << 17

  /// Tiles of one size over a map.
  private struct Tiling {
    let outputs: Int
    let rows: Int
    let columns: Int

    init(outputs: Int, over mapRows: Int, _ mapColumns: Int) {
      self.outputs = outputs
      rows = (mapRows + outputs - 1) / outputs
      columns = (mapColumns + outputs - 1) / outputs
    }

    var count: Int { rows * columns }
    var products: Int { count * (outputs + 2) * (outputs + 2) }
  }

  private let geometry: ConvolutionGeometry
  private let shape: WinogradShape

  /// Nil where the direct way is as good: other kernels, few channels, or tiles that are mostly empty.
  init?(_ geometry: ConvolutionGeometry) {
    let convolution = geometry.shape
    if let pooling = geometry.pooling, pooling.size != 2 { return nil }
    guard convolution.inputChannels >= 16, convolution.outputChannels >= 16 else { return nil }
    let sizes = Set([convolution.kernelRows, convolution.kernelColumns])
    switch convolution.stride {
    case 1: if sizes != [3] { return nil }
    // The phases' channels follow one another without padding.
    case 2: if !sizes.isSubset(of: [5, 6]) || geometry.input.channels % 16 != 0 { return nil }
    default: return nil
    }
    let rows = geometry.pooling.map { 2 * $0.outputRows } ?? convolution.outputRows
    let columns = geometry.pooling.map { 2 * $0.outputColumns } ?? convolution.outputColumns
    let (four, five) = (Tiling(outputs: 4, over: rows, columns), Tiling(outputs: 5, over: rows, columns))
    // The larger transforms take more operations and round more: for a twentieth fewer products they do not pay.
    let tiling = 10 * five.products <= 9 * four.products ? five : four
    // Few tiles would not be worth the four phases' weights.
    if convolution.stride == 2 && tiling.count < 4 { return nil }
    // Two products in place of three at most.
    guard 2 * 9 * rows * columns >= 3 * tiling.products else { return nil }
    self.geometry = geometry
    let phases = convolution.stride * convolution.stride
    let inputRow = phases * convolution.inputPixelStride
    let depth = phases == 1 ? convolution.inputChannels : inputRow
    let floats = tiling.products * (inputRow + convolution.outputPixelStride)
    // Every group reads all the weights. With many channels these are more than a cache holds, so there should be about as
    // many tiles as make what they multiply no smaller.
    let weightsInTiles = depth * convolution.outputPixelStride / (inputRow + convolution.outputPixelStride)
    let images = min(
      max(1, Self.groupFloats / floats, weightsInTiles / tiling.count), Backpropagation.shardSize)
    let tiles = images * tiling.count
    // A line more than the plane has, so that the planes of a tile do not fall into one set of the cache.
    func plane(_ rows: Int, _ columns: Int) -> Int { rows * columns + 16 }
    shape = WinogradShape(
      stride: convolution.stride, paddingTop: convolution.paddingTop, paddingLeft: convolution.paddingLeft,
      inputRows: convolution.inputRows, inputColumns: convolution.inputColumns,
      inputPixelStride: convolution.inputPixelStride, inputImageStride: convolution.gradientImageStride,
      outputChannels: convolution.outputChannels, outputPixelStride: convolution.outputPixelStride,
      isPooled: geometry.pooling != nil, mapRows: geometry.output.rows, mapColumns: geometry.output.columns,
      mapImageStride: geometry.output.imageStride, tileOutputs: tiling.outputs, tileRows: tiling.rows,
      tileColumns: tiling.columns, depth: depth, inputRow: inputRow, groupImages: images,
      inputPlane: plane(tiles, inputRow),
      outputPlane: plane(tiles, convolution.outputPixelStride),
      weightPlane: plane(depth, convolution.outputPixelStride),
      transposedPlane: plane(convolution.outputChannels, inputRow))
  }

  var input: MapShape { geometry.input }
  var output: MapShape { geometry.output }
  var parameters: [ParameterShape] { geometry.parameters }
  var multiplyAdds: Int { geometry.multiplyAdds }

  /// The transformed weights; for the backward pass those of the transposed ones; and what they are made of.
  func preparedCount(training: Bool) -> Int {
    planes * shape.weightPlane + phasedCount
      + (training ? planes * shape.transposedPlane + transposedCount + phasedCount : 0)
      + preparationPieces * squareCount
  }
  func workspaceCount(training: Bool) -> Int { geometry.positionCount }
  func scratchCount(training: Bool) -> Int {
    planes * (shape.inputPlane + shape.outputPlane + (training ? shape.weightPlane : 0)) + 2 * squareCount
      + mapCount + (training ? phasedCount : 0)
  }
  private var planes: Int { (shape.tileOutputs + 2) * (shape.tileOutputs + 2) }
  /// Floats of a vector a plane.
  private var squareCount: Int { planes * 16 }
  /// Floats of an image's map before the pooling, in whole tiles.
  private var mapCount: Int {
    guard shape.isPooled else { return 0 }
    return shape.tileRows * shape.tileColumns * shape.tileOutputs * shape.tileOutputs
      * shape.outputPixelStride
  }
  /// Floats of the transposed weights.
  private var transposedCount: Int { 9 * shape.outputChannels * shape.inputRow }
  /// Floats of the weights by phases, where there are several.
  private var phasedCount: Int {
    shape.stride == 1 ? 0 : 9 * shape.depth * shape.outputPixelStride
  }

  func joined(with next: any ShapedLayer) -> (any ShapedLayer)? {
    guard geometry.pooling == nil, let pooling = (next as? ShapedMaxPooling)?.shape, pooling.size == 2 else {
      return nil
    }
    return geometry.pooled(by: pooling).shaped
  }

  var preparationPieces: Int { 2 }

  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool, piece: Int) {
    if piece > 0 && !training { return }
    // Each piece has its own memory.
    var place = weights.prepared + planes * shape.weightPlane
    if piece > 0 { place += squareCount + phasedCount }
    let phased = place + squareCount
    forEachPhasedBlock { block, ours, count in
      if let ours {
        (phased + block).update(from: weights.parameters + ours, count: count)
      } else {
        (phased + block).update(repeating: 0, count: count)
      }
    }
    let source = phasedCount == 0 ? weights.parameters : phased
    if piece == 0 {
      kernels.winogradWeights(
        WinogradWeights(
          tileOutputs: shape.tileOutputs, rows: shape.depth, columns: shape.outputPixelStride,
          weights: source, transformed: weights.prepared, plane: shape.weightPlane, scratch: place))
    } else {
      let transposed = transformedTransposed(weights) + planes * shape.transposedPlane
      kernels.transposeWeights(
        TransposeWeights(
          layout: .rows, kernelRows: 3, kernelColumns: 3, inputChannels: shape.depth,
          outputChannels: shape.outputChannels, weightStride: shape.outputPixelStride,
          transposedStride: shape.inputRow, weights: source, transposed: transposed))
      kernels.winogradWeights(
        WinogradWeights(
          tileOutputs: shape.tileOutputs, rows: shape.outputChannels, columns: shape.inputRow,
          weights: transposed, transformed: transformedTransposed(weights), plane: shape.transposedPlane,
          scratch: place))
    }
  }

  private func transformedTransposed(_ weights: LayerWeights) -> UnsafeMutablePointer<Float> {
    weights.prepared + planes * shape.weightPlane + preparationPieces * (squareCount + phasedCount)
  }

  /// Calls `body` with each kernel position of the 3×3 weights by phases and the same among the layer's own weights, nil where
  /// the kernel has none; both hold `count` floats, an input channel behind another.
  private func forEachPhasedBlock(_ body: (_ phased: Int, _ ours: Int?, _ count: Int) -> Void) {
    if phasedCount == 0 { return }
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

  func forward(_ pass: ShardPass) {
    pass.kernels.winogradForward(
      WinogradForward(
        shape: shape, images: pass.images, input: pass.input, weights: pass.weights.prepared,
        bias: pass.weights.parameters + geometry.weightCount, scratch: pass.scratch, map: pass.output,
        positions: geometry.positions(pass.workspace), activation: geometry.activation))
  }

  func backward(_ pass: ShardPass) {
    geometry.activationGradient(pass)
    let phased = pass.scratch + (scratchCount(training: true) - phasedCount)
    pass.kernels.winogradBackward(
      WinogradBackward(
        shape: shape, images: pass.images, input: pass.input, mapGradient: pass.outputGradient,
        positions: geometry.positions(pass.workspace).map { UnsafePointer($0) },
        transposed: transformedTransposed(pass.weights), scratch: pass.scratch,
        weightGradient: phasedCount == 0 ? pass.parameterGradient : phased,
        inputGradient: pass.inputGradient))
    forEachPhasedBlock { block, ours, count in
      if let ours { (pass.parameterGradient + ours).update(from: phased + block, count: count) }
    }
  }
}
