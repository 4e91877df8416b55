import Compute
import Foundations
import KernelShapes

/// A convolution computed product by product, as its definition says, with the pooling after it if there is
/// one.
///
/// A 2×2 pooling is a part of the forward kernel, which never writes the map before it; over the image itself
/// it is a part of the weights' gradient too. In all other cases with a pooling that map is written for eight
/// images at a time, so that it never leaves the second-level cache.
struct DirectConvolution: ShapedConvolution {
  /// Images whose map before the pooling is in memory at a time.
  private static let groupImages = 8

  let geometry: ConvolutionGeometry
  private let kernels: DirectKernels
  let memory: LayerMemory
  /// The weights in strips of columns, as the forward kernel reads them; the one that pools takes the weights
  /// as they are.
  private let strips: Region
  /// The transposed weights in strips, as the input gradient's kernel reads them.
  private let transposed: Region
  /// The input with its padding, whose zeros stay from the start.
  private let frame: Region
  /// See `ConvolutionGeometry.positionBytes`.
  private let positions: Region
  /// The map before the pooling, or its gradient, of a group of images.
  private let beforePooling: Region

  init(_ geometry: ConvolutionGeometry, _ kernels: DirectKernels) {
    self.geometry = geometry
    self.kernels = kernels
    let shape = geometry.shape
    let transposedColumns = shape.kernelColumns + (kernels.transposedLayout == .pairs ? 1 : 0)
    var memory = LayerMemory()
    strips = memory.region(kernels.poolsInKernel ? 0 : geometry.weightCount, .derived)
    transposed = memory.region(
      shape.kernelRows * transposedColumns * shape.outputChannels * shape.inputPixelStride, .derived,
      onlyInTraining: true)
    frame = memory.region(geometry.isFramed ? shardSize * shape.inputImageStride : 0, .workspace)
    positions = memory.bytes(geometry.positionBytes, .workspace)
    beforePooling = memory.region(
      geometry.pooling == nil ? 0 : Self.groupImages * geometry.sums.imageStride, .scratch,
      onlyInTraining: kernels.poolsInKernel)
    self.memory = memory
  }

  var algorithm: ConvolutionAlgorithm { .direct(kernels) }

  var derivations: Int { 2 }

  func derive(_ pass: WeightsPass, piece: Int) {
    if piece == 0, !kernels.poolsInKernel {
      let columns = geometry.shape.outputPixelStride
      let rows = geometry.weightCount / columns
      pass.kernels.stripWeights(
        StripWeights(
          rows: rows, columns: columns, firstRow: 0, rowCount: rows, weights: pass.parameters,
          strips: pass.memory[strips]))
    } else if piece == 1, pass.isTraining {
      let shape = geometry.shape
      pass.kernels.transposeWeights(
        TransposeWeights(
          layout: kernels.transposedLayout, kernelRows: shape.kernelRows,
          kernelColumns: shape.kernelColumns, inputChannels: shape.inputChannels,
          outputChannels: shape.outputChannels, weightStride: shape.outputPixelStride,
          transposedStride: shape.inputPixelStride, weights: pass.parameters,
          transposed: pass.memory[transposed]))
    }
  }

  func forward(_ pass: ShardPass) {
    fillFrame(pass)
    let bias = pass.parameters + geometry.weightCount
    let positions = pass.memory[positions, as: UInt8.self]
    if let pooling = geometry.pooling, kernels.poolsInKernel {
      pass.kernels.pooledConvolutionForward(
        PooledConvolutionForward(
          shape: geometry.shape, pooling: pooling.method, images: pass.images, input: framedInput(pass),
          weights: pass.parameters, bias: bias, map: pass.output, mapImageStride: output.imageStride,
          positions: positions, activation: geometry.activation))
      return
    }
    forEachGroup(pass) { first, images in
      let input = framedInput(pass) + first * geometry.shape.inputImageStride
      let output = pass.output + first * self.output.imageStride
      let sums = geometry.pooling == nil ? output : pass.memory[beforePooling]
      pass.kernels.convolutionForward(
        ConvolutionForward(
          shape: geometry.shape, images: images, input: input, weights: pass.memory[strips], bias: bias,
          output: sums, activation: geometry.activation))
      if let pooling = geometry.pooling {
        pass.kernels.maxPoolingForward(
          MaxPoolingForward(
            shape: pooling.shape, images: images, input: sums, output: output,
            positions: positions + first * geometry.positionsOfImage))
      }
    }
  }

  func backward(_ pass: ShardPass, _ gradients: ShardGradients) {
    let positions = pass.memory[positions, as: UInt8.self]
    if geometry.pooling?.method == .average {
      pass.kernels.averagedActivationGradient(
        AveragedActivationGradient(
          extent: output.extent(images: pass.images), passing: positions, gradient: gradients.output,
          biasGradient: gradients.parameters + geometry.weightCount))
    } else {
      geometry.activationGradient(pass, gradients)
    }
    if let pooling = geometry.pooling, kernels.poolsInKernel, kernels.weightGradient == .taps,
      gradients.input == nil
    {
      pass.kernels.pooledConvolutionWeightGradient(
        PooledConvolutionWeightGradient(
          shape: geometry.shape, pooling: pooling.method, images: pass.images, input: framedInput(pass),
          mapGradient: gradients.output, mapImageStride: output.imageStride, positions: positions,
          weightGradient: gradients.parameters))
      return
    }
    forEachGroup(pass) { first, images in
      let input = framedInput(pass) + first * geometry.shape.inputImageStride
      var gradient = UnsafePointer(gradients.output + first * output.imageStride)
      if let pooling = geometry.pooling {
        let operands = WindowGradient(
          shape: pooling.shape, images: images, positions: positions + first * geometry.positionsOfImage,
          outputGradient: gradient, inputGradient: pass.memory[beforePooling])
        switch pooling.method {
        case .maximum: pass.kernels.maxPoolingBackward(operands)
        case .average: pass.kernels.passedGradient(operands)
        }
        gradient = UnsafePointer(operands.inputGradient)
      }
      pass.kernels.convolutionWeightGradient(
        ConvolutionWeightGradient(
          shape: geometry.shape, images: images, input: input, outputGradient: gradient,
          weightGradient: gradients.parameters, accumulation: first == 0 ? .fromZero : .continuing,
          tiles: kernels.weightGradient))
      if let inputGradient = gradients.input {
        pass.kernels.convolutionInputGradient(
          ConvolutionInputGradient(
            shape: geometry.shape, images: images, outputGradient: gradient, layout: kernels.transposedLayout,
            transposed: pass.memory[transposed],
            inputGradient: inputGradient + first * self.input.imageStride))
      }
    }
  }

  /// The input in its frame if it has one: images are `shape.inputImageStride` floats apart.
  private func framedInput(_ pass: ShardPass) -> UnsafePointer<Float> {
    geometry.isFramed ? UnsafePointer(pass.memory[frame]) : pass.input
  }

  private func fillFrame(_ pass: ShardPass) {
    if !geometry.isFramed { return }
    let shape = geometry.shape
    let width = input.columns * input.pixelStride
    for image in 0..<pass.images {
      for row in 0..<input.rows {
        let line = (row + shape.paddingTop) * shape.frameColumns + shape.paddingLeft
        (pass.memory[frame] + image * shape.inputImageStride + line * input.pixelStride)
          .update(from: pass.input + image * input.imageStride + row * width, count: width)
      }
    }
  }

  /// Calls `body` with each group of images. Without a pooling there is no map in between, and the shard is
  /// one group.
  private func forEachGroup(_ pass: ShardPass, _ body: (_ first: Int, _ images: Int) -> Void) {
    let group = geometry.pooling == nil ? pass.images : Self.groupImages
    for first in stride(from: 0, to: pass.images, by: group) { body(first, min(group, pass.images - first)) }
  }
}
