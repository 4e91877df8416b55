import Compute
import Foundations
import KernelShapes

/// A convolution as its definition says, product by product, with the pooling behind it if there is one.
///
/// A 2×2 pooling needs no map in between forward, nor backward where the input is the image itself. Otherwise a few images
/// are computed at a time, so that the map in between never leaves the second-level cache.
struct DirectConvolution: ShapedLayer {
  /// Images of a map in between.
  private static let groupImages = 8

  private let geometry: ConvolutionGeometry

  init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }

  var input: MapShape { geometry.input }
  var output: MapShape { geometry.output }
  var parameters: [ParameterShape] { geometry.parameters }
  var multiplyAdds: Int { geometry.multiplyAdds }

  /// The weights in strips, but for a 2×2 pooling's kernel; for the backward pass those of the transposed ones.
  func preparedCount(training: Bool) -> Int { stripCount + (training ? geometry.transposedCount : 0) }
  private var stripCount: Int { geometry.pooling?.size == 2 ? 0 : geometry.weightCount }
  func workspaceCount(training: Bool) -> Int { geometry.frameCount + geometry.positionCount }
  func scratchCount(training: Bool) -> Int {
    guard let pooling = geometry.pooling, training || pooling.size != 2 else { return 0 }
    return Self.groupImages * geometry.sums.imageStride
  }

  func joined(with next: any ShapedLayer) -> (any ShapedLayer)? {
    guard geometry.pooling == nil else { return nil }
    if let pooling = (next as? ShapedMaxPooling)?.shape {
      return DirectConvolution(geometry.pooled(by: pooling))
    }
    // An average's map in between is worth saving where it is large beside the work: over the image itself.
    if let pooling = (next as? ShapedAveragePooling)?.shape, pooling.size == 2, hasTapGradient {
      return DirectConvolution(geometry.pooled(by: pooling, averages: true))
    }
    return nil
  }

  var preparationPieces: Int { 2 }

  func prepare(_ weights: LayerWeights, _ kernels: InstructionSet, training: Bool, piece: Int) {
    if piece == 0 {
      let columns = geometry.shape.outputPixelStride
      let rows = stripCount / columns
      kernels.stripWeights(rows, columns, 0, rows, weights.parameters, weights.prepared)
    } else if training {
      kernels.transposeWeights(
        geometry.shape, input.pixelStride, weights.parameters, weights.prepared + stripCount, true)
    }
  }

  func forward(_ pass: ShardPass) {
    geometry.fillFrame(pass)
    let weights = stripCount == 0 ? pass.weights.parameters : pass.weights.prepared
    let bias = pass.weights.parameters + geometry.weightCount
    if let positions = positions(pass, 0), geometry.pooling?.size == 2 {
      pass.kernels.convolutionPooledForward(
        geometry.shape, output.imageStride, pass.images, geometry.frame(pass), weights, bias, pass.output,
        positions, geometry.isRectified, geometry.averages)
      return
    }
    forEachGroup(pass) { first, images in
      let input = geometry.frame(pass) + first * geometry.shape.inputImageStride
      let output = pass.output + first * self.output.imageStride
      pass.kernels.convolutionForward(
        geometry.shape, images, input, weights, bias, geometry.pooling == nil ? output : pass.scratch,
        geometry.isRectified)
      if let pooling = geometry.pooling, let positions = positions(pass, first) {
        pass.kernels.maxPoolingForward(pooling, images, pass.scratch, output, positions)
      }
    }
  }

  func backward(_ pass: ShardPass) {
    geometry.activationGradient(pass)
    if let positions = positions(pass, 0), geometry.pooling?.size == 2, hasTapGradient,
      pass.inputGradient == nil
    {
      pass.kernels.convolutionPooledWeightGradient(
        geometry.shape, output.imageStride, pass.images, geometry.frame(pass), pass.outputGradient, positions,
        pass.parameterGradient, geometry.averages)
      return
    }
    forEachGroup(pass) { first, images in
      let input = geometry.frame(pass) + first * geometry.shape.inputImageStride
      var gradient = pass.outputGradient + first * output.imageStride
      if let pooling = geometry.pooling, let positions = positions(pass, first) {
        let unpool =
          geometry.averages ? pass.kernels.averagedGradient : pass.kernels.maxPoolingBackward
        unpool(pooling, images, positions, gradient, pass.scratch)
        gradient = pass.scratch
      }
      pass.kernels.convolutionWeightGradient(
        geometry.shape, images, input, gradient, pass.parameterGradient, first > 0)
      if let inputGradient = pass.inputGradient {
        pass.kernels.convolutionInputGradient(
          geometry.shape, images, self.input.pixelStride, gradient,
          pass.weights.prepared + stripCount, inputGradient + first * self.input.imageStride)
      }
    }
  }

  /// What `convolutionPooledWeightGradient` computes: the image itself, 3×3 or 5×5.
  private var hasTapGradient: Bool {
    let shape = geometry.shape
    return shape.inputPixelStride == 1 && shape.kernelRows == shape.kernelColumns
      && (shape.kernelRows == 3 || shape.kernelRows == 5)
  }

  /// Behind the frame in the workspace.
  private func positions(_ pass: ShardPass, _ image: Int) -> UnsafeMutablePointer<UInt8>? {
    geometry.positions(pass.workspace + geometry.frameCount).map { $0 + image * geometry.positionsOfImage }
  }

  /// Without a pooling nothing is in between, and the shard is one group.
  private func forEachGroup(_ pass: ShardPass, _ body: (_ first: Int, _ images: Int) -> Void) {
    let group = geometry.pooling == nil ? pass.images : Self.groupImages
    for first in stride(from: 0, to: pass.images, by: group) { body(first, min(group, pass.images - first)) }
  }
}
