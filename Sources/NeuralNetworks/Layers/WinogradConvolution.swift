import Compute
import Foundations
import KernelShapes

/// A 3×3 convolution of stride 1 by Winograd's minimal filtering, with the 2×2 max pooling behind it if there is one.
struct WinogradConvolution: FittedLayer {
  /// Tiles that are computed together: their planes and the weights' fit the second-level cache of one megabyte.
  private static let groupTiles = 48

  private let geometry: ConvolutionGeometry
  private let shape: WinogradShape

  /// Nil where the direct way is as good: other kernels, few channels, or tiles that are mostly empty.
  init?(_ geometry: ConvolutionGeometry) {
    let convolution = geometry.shape
    if let pooling = geometry.pooling, pooling.size != 2 { return nil }
    guard convolution.kernelRows == 3, convolution.kernelColumns == 3, convolution.stride == 1,
      convolution.inputChannels >= 16, convolution.outputChannels >= 16
    else { return nil }
    let rows = geometry.pooling.map { 2 * $0.outputRows } ?? convolution.outputRows
    let columns = geometry.pooling.map { 2 * $0.outputColumns } ?? convolution.outputColumns
    let (tileRows, tileColumns) = ((rows + 3) / 4, (columns + 3) / 4)
    // Of a full tile's 16 outputs at least 6: 36 products in place of 54.
    guard rows * columns >= 6 * tileRows * tileColumns else { return nil }
    self.geometry = geometry
    let images = min(max(1, Self.groupTiles / (tileRows * tileColumns)), Backpropagation.shardSize)
    let tiles = images * tileRows * tileColumns
    // A line more than the plane has, so that the planes of a tile do not fall into one set of the cache.
    func plane(_ rows: Int, _ columns: Int) -> Int { rows * columns + 16 }
    shape = WinogradShape(
      convolution: convolution, frameRows: geometry.frameRows, pooled: geometry.pooling != nil,
      mapRows: geometry.output.rows, mapColumns: geometry.output.columns,
      mapImageStride: geometry.output.imageStride, tileRows: tileRows, tileColumns: tileColumns,
      groupImages: images, inputPlane: plane(tiles, convolution.inputPixelStride),
      outputPlane: plane(tiles, convolution.outputPixelStride),
      weightPlane: plane(convolution.inputChannels, convolution.outputPixelStride),
      transposedPlane: plane(convolution.outputChannels, convolution.inputPixelStride))
  }

  var input: MapShape { geometry.input }
  var output: MapShape { geometry.output }
  var parameters: [ParameterShape] { geometry.parameters }
  var multiplyAdds: Int { geometry.multiplyAdds }

  /// The transformed weights; for the backward pass those of the transposed ones, and the transposed ones.
  func preparedCount(training: Bool) -> Int {
    36 * shape.weightPlane + (training ? 36 * shape.transposedPlane + geometry.transposedCount : 0)
      + preparationPieces * Self.squareCount
  }
  func workspaceCount(training: Bool) -> Int { geometry.frameCount + geometry.positionCount }
  func scratchCount(training: Bool) -> Int {
    36 * (shape.inputPlane + shape.outputPlane + (training ? shape.weightPlane : 0)) + 2 * Self.squareCount
  }
  /// Floats of 36 vectors.
  private static let squareCount = 36 * 16

  func joined(with next: any FittedLayer) -> (any FittedLayer)? {
    guard geometry.pooling == nil, let pooling = (next as? FittedMaxPooling)?.shape else { return nil }
    return ConvolutionGeometry(geometry, pooling: pooling).fitted
  }

  var preparationPieces: Int { 2 }

  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool, piece: Int) {
    let convolution = shape.convolution
    let scratch = weights.prepared + piece * Self.squareCount
    if piece == 0 {
      kernels.winogradWeights(
        convolution.inputChannels, convolution.outputPixelStride, weights.parameters, shape.weightPlane,
        transformed(weights), scratch)
    } else if training {
      let untransformed = transformedTransposed(weights) + 36 * shape.transposedPlane
      kernels.transposeWeights(convolution, input.pixelStride, weights.parameters, untransformed)
      kernels.winogradWeights(
        convolution.outputChannels, convolution.inputPixelStride, untransformed, shape.transposedPlane,
        transformedTransposed(weights), scratch)
    }
  }

  private func transformed(_ weights: LayerWeights) -> UnsafeMutablePointer<Float> {
    weights.prepared + preparationPieces * Self.squareCount
  }

  private func transformedTransposed(_ weights: LayerWeights) -> UnsafeMutablePointer<Float> {
    transformed(weights) + 36 * shape.weightPlane
  }

  func forward(_ pass: ShardPass) {
    geometry.fillFrame(pass)
    pass.kernels.winogradForward(
      shape, pass.images, geometry.frame(pass), transformed(pass.weights),
      pass.weights.parameters + geometry.weightCount, pass.scratch, pass.output, geometry.positions(pass),
      geometry.isRectified)
  }

  func backward(_ pass: ShardPass) {
    geometry.activationGradient(pass)
    pass.kernels.winogradBackward(
      shape, pass.images, geometry.frame(pass), pass.outputGradient, geometry.positions(pass),
      transformedTransposed(pass.weights), pass.scratch, pass.parameterGradient, pass.inputGradient)
  }
}
