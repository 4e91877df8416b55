@testable import Compute

extension InstructionSet {
  /// Every kernel as a few plain loops in the order that the kernel's comment states: what each instruction set must
  /// equal to the bit.
  static let scalar = InstructionSet(
    name: "scalar",
    stripWeights: ConvolutionTwin.strips,
    transposeWeights: ConvolutionTwin.transpose,
    convolutionForward: ConvolutionTwin.forward,
    convolutionInputGradient: ConvolutionTwin.inputGradient,
    convolutionWeightGradient: ConvolutionTwin.weightGradient,
    convolutionPooledForward: ConvolutionTwin.pooledForward,
    convolutionPooledWeightGradient: ConvolutionTwin.pooledWeightGradient,
    denseWeightGradient: ConvolutionTwin.denseWeightGradient,
    winogradWeights: WinogradTwin.weights,
    winogradForward: WinogradTwin.forward,
    winogradBackward: WinogradTwin.backward,
    maxPoolingForward: PoolingTwin.maxForward,
    maxPoolingBackward: PoolingTwin.maxBackward,
    averagePoolingForward: PoolingTwin.averageForward,
    averagePoolingBackward: PoolingTwin.averageBackward,
    averagedGradient: PoolingTwin.averagedGradient,
    normalizationStatistics: NormalizationTwin.statistics,
    normalizationForward: NormalizationTwin.forward,
    normalizationGradientSums: NormalizationTwin.gradientSums,
    normalizationBackward: NormalizationTwin.backward,
    activationGradient: ElementwiseTwin.activationGradient,
    averagedActivationGradient: ElementwiseTwin.averagedActivationGradient,
    flattenPixels: ElementwiseTwin.flatten,
    unflattenPixels: ElementwiseTwin.unflatten,
    addInPlace: ElementwiseTwin.addInPlace,
    moveTowards: ElementwiseTwin.moveTowards,
    scalePixels: ElementwiseTwin.scalePixels,
    affineSample: AffineTwin.sample,
    elasticSample: AffineTwin.elasticSample,
    dropoutDraw: DropoutTwin.draw,
    dropoutApply: DropoutTwin.apply,
    adamUpdate: OptimizerTwin.adam,
    nesterovUpdate: OptimizerTwin.nesterov,
    multiplyAddLimit: ElementwiseTwin.multiplyAddLimit)
}

typealias Floats = UnsafePointer<Float>
typealias MutableFloats = UnsafeMutablePointer<Float>
