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
      kernels.stripWeights(
        StripWeights(
          rows: rows, columns: columns, firstRow: 0, rowCount: rows, weights: weights.parameters,
          strips: weights.prepared))
    } else if training {
      let shape = geometry.shape
      kernels.transposeWeights(
        TransposeWeights(
          layout: shape.pairsColumns ? .pairs : .strips, kernelRows: shape.kernelRows,
          kernelColumns: shape.kernelColumns, inputChannels: shape.inputChannels,
          outputChannels: shape.outputChannels, weightStride: shape.outputPixelStride,
          transposedStride: shape.inputPixelStride, weights: weights.parameters,
          transposed: weights.prepared + stripCount))
    }
  }

  func forward(_ pass: ShardPass) {
    geometry.fillFrame(pass)
    let weights = stripCount == 0 ? pass.weights.parameters : pass.weights.prepared
    let bias = pass.weights.parameters + geometry.weightCount
    if let positions = positions(pass, 0), geometry.pooling?.size == 2 {
      pass.kernels.pooledConvolutionForward(
        PooledConvolutionForward(
          shape: geometry.shape, pooling: geometry.averages ? .average : .maximum, images: pass.images,
          input: geometry.frame(pass), weights: weights, bias: bias, map: pass.output,
          mapImageStride: output.imageStride, positions: positions, activation: geometry.activation))
      return
    }
    forEachGroup(pass) { first, images in
      let input = geometry.frame(pass) + first * geometry.shape.inputImageStride
      let output = pass.output + first * self.output.imageStride
      pass.kernels.convolutionForward(
        ConvolutionForward(
          shape: geometry.shape, images: images, input: input, weights: weights, bias: bias,
          output: geometry.pooling == nil ? output : pass.scratch, activation: geometry.activation))
      if let pooling = geometry.pooling, let positions = positions(pass, first) {
        pass.kernels.maxPoolingForward(
          MaxPoolingForward(
            shape: pooling, images: images, input: pass.scratch, output: output, positions: positions))
      }
    }
  }

  func backward(_ pass: ShardPass) {
    geometry.activationGradient(pass)
    if let positions = positions(pass, 0), geometry.pooling?.size == 2, hasTapGradient,
      pass.inputGradient == nil
    {
      pass.kernels.pooledConvolutionWeightGradient(
        PooledConvolutionWeightGradient(
          shape: geometry.shape, pooling: geometry.averages ? .average : .maximum, images: pass.images,
          input: geometry.frame(pass), mapGradient: pass.outputGradient, mapImageStride: output.imageStride,
          positions: positions, weightGradient: pass.parameterGradient))
      return
    }
    forEachGroup(pass) { first, images in
      let input = geometry.frame(pass) + first * geometry.shape.inputImageStride
      var gradient = pass.outputGradient + first * output.imageStride
      if let pooling = geometry.pooling, let positions = positions(pass, first) {
        let operands = WindowGradient(
          shape: pooling, images: images, positions: positions, outputGradient: gradient,
          inputGradient: pass.scratch)
        if geometry.averages {
          pass.kernels.passedGradient(operands)
        } else {
          pass.kernels.maxPoolingBackward(operands)
        }
        gradient = pass.scratch
      }
      pass.kernels.convolutionWeightGradient(
        ConvolutionWeightGradient(
          shape: geometry.shape, images: images, input: input, outputGradient: gradient,
          weightGradient: pass.parameterGradient, accumulation: first == 0 ? .fromZero : .continuing))
      if let inputGradient = pass.inputGradient {
        pass.kernels.convolutionInputGradient(
          ConvolutionInputGradient(
            shape: geometry.shape, images: images, outputGradient: gradient,
            transposed: pass.weights.prepared + stripCount,
            inputGradient: inputGradient + first * self.input.imageStride))
      }
    }
  }

  /// What `pooledConvolutionWeightGradient` computes: the image itself, 3×3 or 5×5.
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
