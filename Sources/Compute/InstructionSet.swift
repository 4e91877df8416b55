import CMachine
import Foundations
import KernelShapes
import Platform

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
#else
  import Kernels
#endif

/// The kernels as compiled for one instruction set: a table of functions, passed on as a value.
///
/// Every set gives the same results to the bit. What each function computes, its shapes and its order of summation
/// stand at its definition in `Sources/Kernels`.
public struct InstructionSet: Sendable {
  /// A pointer to floats that are read.
  public typealias Input = UnsafePointer<Float>
  /// A pointer to floats that are written.
  public typealias Output = UnsafeMutablePointer<Float>

  /// `avx2`, `avx512` or `neon`.
  public let name: String

  /// (rows, columns, first, count, weights, strips)
  public let stripWeights: @Sendable (Int, Int, Int, Int, Input, Output) -> Void
  /// (shape, gradientPixelStride, weights, transposed, inStrips)
  public let transposeWeights: @Sendable (ConvolutionShape, Int, Input, Output, Bool) -> Void
  /// (shape, images, input, weights, bias, output, rectified)
  public let convolutionForward: @Sendable (ConvolutionShape, Int, Input, Input, Input, Output, Bool) -> Void
  /// (shape, images, gradientPixelStride, outputGradient, transposed, inputGradient)
  public let convolutionInputGradient: @Sendable (ConvolutionShape, Int, Int, Input, Input, Output) -> Void
  /// (shape, images, input, outputGradient, weightGradient, continues)
  public let convolutionWeightGradient: @Sendable (ConvolutionShape, Int, Input, Input, Output, Bool) -> Void
  /// (shape, mapImageStride, images, input, weights, bias, output, positions, rectified, averages)
  public let convolutionPooledForward:
    @Sendable (
      ConvolutionShape, Int, Int, Input, Input, Input, Output, UnsafeMutablePointer<UInt8>, Bool, Bool
    ) -> Void
  /// (shape, mapImageStride, images, input, outputGradient, positions, weightGradient, averages)
  public let convolutionPooledWeightGradient:
    @Sendable (ConvolutionShape, Int, Int, Input, Input, UnsafePointer<UInt8>, Output, Bool) -> Void
  /// (rows, images, columns, inputs, inputStride, outputGradient, gradientStride, weightGradient)
  public let denseWeightGradient: @Sendable (Int, Int, Int, Input, Int, Input, Int, Output) -> Void
  /// (tileOutputs, rows, columns, weights, plane, transformed, scratch)
  public let winogradWeights: @Sendable (Int, Int, Int, Input, Int, Output, Output) -> Void
  /// (shape, images, input, weights, bias, scratch, output, positions, rectified)
  public let winogradForward:
    @Sendable (
      WinogradShape, Int, Input, Input, Input, Output, Output, UnsafeMutablePointer<UInt8>?, Bool
    ) -> Void
  /// (shape, images, input, outputGradient, positions, transposed, scratch, weightGradient, inputGradient)
  public let winogradBackward:
    @Sendable (
      WinogradShape, Int, Input, Input, UnsafePointer<UInt8>?, Input, Output, Output, Output?
    ) -> Void
  /// (shape, images, input, output, positions)
  public let maxPoolingForward:
    @Sendable (PoolingShape, Int, Input, Output, UnsafeMutablePointer<UInt8>) -> Void
  /// (shape, images, positions, outputGradient, inputGradient)
  public let maxPoolingBackward: @Sendable (PoolingShape, Int, UnsafePointer<UInt8>, Input, Output) -> Void
  /// (shape, images, input, output)
  public let averagePoolingForward: @Sendable (PoolingShape, Int, Input, Output) -> Void
  /// (shape, images, outputGradient, inputGradient)
  public let averagePoolingBackward: @Sendable (PoolingShape, Int, Input, Output) -> Void
  /// (shape, images, passing, outputGradient, inputGradient)
  public let averagedGradient: @Sendable (PoolingShape, Int, UnsafePointer<UInt8>, Input, Output) -> Void
  /// (images, pixels, channels, imageStride, input, mean, squares)
  public let normalizationStatistics: @Sendable (Int, Int, Int, Int, Input, Output, Output) -> Void
  /// (images, pixels, channels, imageStride, input, mean, scale, shift, output)
  public let normalizationForward: @Sendable (Int, Int, Int, Int, Input, Input, Input, Input, Output) -> Void
  /// (images, pixels, channels, imageStride, input, mean, inverseDeviation, outputGradient, gradientSum, productSum)
  public let normalizationGradientSums:
    @Sendable (Int, Int, Int, Int, Input, Input, Input, Input, Output, Output) -> Void
  /// (images, pixels, channels, imageStride, input, mean, inverseDeviation, scale, meanGradient, meanProduct,
  /// outputGradient, inputGradient)
  public let normalizationBackward:
    @Sendable (Int, Int, Int, Int, Input, Input, Input, Input, Input, Input, Input, Output) -> Void
  /// (images, pixels, channels, imageStride, output, gradient, biasGradient, rectified)
  public let activationGradient: @Sendable (Int, Int, Int, Int, Input, Output, Output, Bool) -> Void
  /// (images, pixels, channels, imageStride, passing, gradient, biasGradient)
  public let averagedActivationGradient:
    @Sendable (Int, Int, Int, Int, UnsafePointer<UInt8>, Output, Output) -> Void
  /// (images, pixels, channels, pixelStride, inputImageStride, outputImageStride, input, output)
  public let flattenPixels: @Sendable (Int, Int, Int, Int, Int, Int, Input, Output) -> Void
  /// (images, pixels, channels, pixelStride, inputImageStride, outputImageStride, input, output)
  public let unflattenPixels: @Sendable (Int, Int, Int, Int, Int, Int, Input, Output) -> Void
  /// (count, sum, addend)
  public let addInPlace: @Sendable (Int, Output, Input) -> Void
  /// (count, share, value, average)
  public let moveTowards: @Sendable (Int, Float, Input, Output) -> Void
  /// (count, value, result)
  public let scalePixels: @Sendable (Int, UnsafePointer<UInt8>, Output) -> Void
  /// (side, map, source, frame, target)
  public let affineSample:
    @Sendable (Int, AffineMap, UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>, Output) -> Void
  /// (side, map, points, weights, controls, source, frame, target)
  public let elasticSample:
    @Sendable (
      Int, AffineMap, Int, Input, Input, UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>, Output
    ) -> Void
  /// (blocks, key0, key1, image, epoch, purpose, share, kept)
  public let dropoutDraw:
    @Sendable (Int, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UnsafeMutablePointer<UInt64>) -> Void
  /// (count, kept, scale, value, result)
  public let dropoutApply: @Sendable (Int, UnsafePointer<UInt64>, Float, Input, Output) -> Void
  /// (count, step, gradient, parameters, first, second)
  public let adamUpdate: @Sendable (Int, AdamStep, Input, Output, Output, Output) -> Void
  /// (count, learningRate, momentum, gradient, parameters, velocity)
  public let nesterovUpdate: @Sendable (Int, Float, Float, Input, Output, Output) -> Void
  /// (turns, factor, addend, values)
  public let multiplyAddLimit: @Sendable (Int, Float, Float, Output) -> Void
}

extension InstructionSet {
  #if arch(x86_64)
    /// AVX2 and fused multiply-add (x86-64-v3).
    public static let avx2 = InstructionSet(
      name: "avx2",
      stripWeights: KernelsAVX2.stripWeights,
      transposeWeights: KernelsAVX2.transposeWeights,
      convolutionForward: KernelsAVX2.convolutionForward,
      convolutionInputGradient: KernelsAVX2.convolutionInputGradient,
      convolutionWeightGradient: KernelsAVX2.convolutionWeightGradient,
      convolutionPooledForward: KernelsAVX2.convolutionPooledForward,
      convolutionPooledWeightGradient: KernelsAVX2.convolutionPooledWeightGradient,
      denseWeightGradient: KernelsAVX2.denseWeightGradient,
      winogradWeights: KernelsAVX2.winogradWeights,
      winogradForward: KernelsAVX2.winogradForward,
      winogradBackward: KernelsAVX2.winogradBackward,
      maxPoolingForward: KernelsAVX2.maxPoolingForward,
      maxPoolingBackward: KernelsAVX2.maxPoolingBackward,
      averagePoolingForward: KernelsAVX2.averagePoolingForward,
      averagePoolingBackward: KernelsAVX2.averagePoolingBackward,
      averagedGradient: KernelsAVX2.averagedGradient,
      normalizationStatistics: KernelsAVX2.normalizationStatistics,
      normalizationForward: KernelsAVX2.normalizationForward,
      normalizationGradientSums: KernelsAVX2.normalizationGradientSums,
      normalizationBackward: KernelsAVX2.normalizationBackward,
      activationGradient: KernelsAVX2.activationGradient,
      averagedActivationGradient: KernelsAVX2.averagedActivationGradient,
      flattenPixels: KernelsAVX2.flattenPixels,
      unflattenPixels: KernelsAVX2.unflattenPixels,
      addInPlace: KernelsAVX2.addInPlace,
      moveTowards: KernelsAVX2.moveTowards,
      scalePixels: KernelsAVX2.scalePixels,
      affineSample: KernelsAVX2.affineSample,
      elasticSample: KernelsAVX2.elasticSample,
      dropoutDraw: KernelsAVX2.dropoutDraw,
      dropoutApply: KernelsAVX2.dropoutApply,
      adamUpdate: KernelsAVX2.adamUpdate,
      nesterovUpdate: KernelsAVX2.nesterovUpdate,
      multiplyAddLimit: KernelsAVX2.multiplyAddLimit)

    /// AVX-512 F, BW, CD, DQ and VL (x86-64-v4).
    public static let avx512 = InstructionSet(
      name: "avx512",
      stripWeights: KernelsAVX512.stripWeights,
      transposeWeights: KernelsAVX512.transposeWeights,
      convolutionForward: KernelsAVX512.convolutionForward,
      convolutionInputGradient: KernelsAVX512.convolutionInputGradient,
      convolutionWeightGradient: KernelsAVX512.convolutionWeightGradient,
      convolutionPooledForward: KernelsAVX512.convolutionPooledForward,
      convolutionPooledWeightGradient: KernelsAVX512.convolutionPooledWeightGradient,
      denseWeightGradient: KernelsAVX512.denseWeightGradient,
      winogradWeights: KernelsAVX512.winogradWeights,
      winogradForward: KernelsAVX512.winogradForward,
      winogradBackward: KernelsAVX512.winogradBackward,
      maxPoolingForward: KernelsAVX512.maxPoolingForward,
      maxPoolingBackward: KernelsAVX512.maxPoolingBackward,
      averagePoolingForward: KernelsAVX512.averagePoolingForward,
      averagePoolingBackward: KernelsAVX512.averagePoolingBackward,
      averagedGradient: KernelsAVX512.averagedGradient,
      normalizationStatistics: KernelsAVX512.normalizationStatistics,
      normalizationForward: KernelsAVX512.normalizationForward,
      normalizationGradientSums: KernelsAVX512.normalizationGradientSums,
      normalizationBackward: KernelsAVX512.normalizationBackward,
      activationGradient: KernelsAVX512.activationGradient,
      averagedActivationGradient: KernelsAVX512.averagedActivationGradient,
      flattenPixels: KernelsAVX512.flattenPixels,
      unflattenPixels: KernelsAVX512.unflattenPixels,
      addInPlace: KernelsAVX512.addInPlace,
      moveTowards: KernelsAVX512.moveTowards,
      scalePixels: KernelsAVX512.scalePixels,
      affineSample: KernelsAVX512.affineSample,
      elasticSample: KernelsAVX512.elasticSample,
      dropoutDraw: KernelsAVX512.dropoutDraw,
      dropoutApply: KernelsAVX512.dropoutApply,
      adamUpdate: KernelsAVX512.adamUpdate,
      nesterovUpdate: KernelsAVX512.nesterovUpdate,
      multiplyAddLimit: KernelsAVX512.multiplyAddLimit)

    /// The sets that this processor has, the best first; empty on one from before 2013.
    public static let available: [InstructionSet] = {
      switch x86Level() {
      case 4: [.avx512, .avx2]
      case 3: [.avx2]
      default: []
      }
    }()
  #else
    /// NEON (expected to give the same bits; untested).
    public static let neon = InstructionSet(
      name: "neon",
      stripWeights: Kernels.stripWeights,
      transposeWeights: Kernels.transposeWeights,
      convolutionForward: Kernels.convolutionForward,
      convolutionInputGradient: Kernels.convolutionInputGradient,
      convolutionWeightGradient: Kernels.convolutionWeightGradient,
      convolutionPooledForward: Kernels.convolutionPooledForward,
      convolutionPooledWeightGradient: Kernels.convolutionPooledWeightGradient,
      denseWeightGradient: Kernels.denseWeightGradient,
      winogradWeights: Kernels.winogradWeights,
      winogradForward: Kernels.winogradForward,
      winogradBackward: Kernels.winogradBackward,
      maxPoolingForward: Kernels.maxPoolingForward,
      maxPoolingBackward: Kernels.maxPoolingBackward,
      averagePoolingForward: Kernels.averagePoolingForward,
      averagePoolingBackward: Kernels.averagePoolingBackward,
      averagedGradient: Kernels.averagedGradient,
      normalizationStatistics: Kernels.normalizationStatistics,
      normalizationForward: Kernels.normalizationForward,
      normalizationGradientSums: Kernels.normalizationGradientSums,
      normalizationBackward: Kernels.normalizationBackward,
      activationGradient: Kernels.activationGradient,
      averagedActivationGradient: Kernels.averagedActivationGradient,
      flattenPixels: Kernels.flattenPixels,
      unflattenPixels: Kernels.unflattenPixels,
      addInPlace: Kernels.addInPlace,
      moveTowards: Kernels.moveTowards,
      scalePixels: Kernels.scalePixels,
      affineSample: Kernels.affineSample,
      elasticSample: Kernels.elasticSample,
      dropoutDraw: Kernels.dropoutDraw,
      dropoutApply: Kernels.dropoutApply,
      adamUpdate: Kernels.adamUpdate,
      nesterovUpdate: Kernels.nesterovUpdate,
      multiplyAddLimit: Kernels.multiplyAddLimit)

    /// The sets that this processor has, the best first.
    public static let available: [InstructionSet] = [.neon]
  #endif

  /// The best set that the processor has, or the one that `$KAGGLE_DIGITS_ISA` names.
  ///
  /// Throws `failure` on a processor that has none, `usage` if the named one is unknown or not there.
  public static func detected() throws(KitError) -> InstructionSet {
    try detected(forcing: getenv("KAGGLE_DIGITS_ISA").map { String(cString: $0) } ?? "")
  }

  /// The same for the variable's value, empty for none: a test must not set it, since other tests start processes.
  static func detected(forcing wanted: String) throws(KitError) -> InstructionSet {
    guard let best = available.first else {
      throw KitError(
        .failure,
        "this processor has no AVX2 with fused multiply-add (x86-64-v3, 2013 and later), which the kit needs")
    }
    if wanted.isEmpty { return best }
    guard let forced = available.first(where: { $0.name == wanted }) else {
      let names = available.map(\.name).joined(separator: ", ")
      throw KitError(.usage, "KAGGLE_DIGITS_ISA is '\(wanted)'; this processor has: \(names)")
    }
    return forced
  }
}
