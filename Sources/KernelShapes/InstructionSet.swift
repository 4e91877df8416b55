// The kernels' interface. It is a module of its own, because the kernels' folder is compiled once for each instruction
// set, and all copies must take the same types. Operands are structs of stored properties only: a computed property
// could be compiled into every copy under one symbol, and the linker keeps an arbitrary one of them.

/// Floats that a kernel reads.
public typealias Floats = UnsafePointer<Float>
/// Floats that a kernel writes.
public typealias MutableFloats = UnsafeMutablePointer<Float>

/// The kernels as compiled for one instruction set.
///
/// Every instruction set gives the same results to the bit. A kernel takes one struct, whose fields say what they hold,
/// with shapes and lengths; the kernel's own comment, in `Sources/Kernels`, says what it computes and in which order
/// it sums. Strides and counts are in elements, not bytes. Pointers need no alignment. What a kernel writes may not
/// overlap what it reads unless its comment says so.
public protocol InstructionSet: AnyObject, Sendable {
  /// `avx2`, `avx512` or `neon`.
  var name: String { get }

  /// Weights in strips, for `convolutionForward`.
  func stripWeights(_ operands: StripWeights)
  /// Transposed weights, for gradients to the input.
  func transposeWeights(_ operands: TransposeWeights)

  /// A convolution or a dense layer, with its bias and activation.
  func convolutionForward(_ operands: ConvolutionForward)
  /// The gradient to a convolution's input.
  func convolutionInputGradient(_ operands: ConvolutionInputGradient)
  /// The gradient to a convolution's weights.
  func convolutionWeightGradient(_ operands: ConvolutionWeightGradient)
  /// A convolution and the 2×2 pooling after it.
  func pooledConvolutionForward(_ operands: PooledConvolutionForward)
  /// The gradient to the weights of a convolution over the image, through the 2×2 pooling after it.
  func pooledConvolutionWeightGradient(_ operands: PooledConvolutionWeightGradient)
  /// The gradient to some rows of a dense layer's weights.
  func denseWeightGradient(_ operands: DenseWeightGradient)

  /// Weights transformed for Winograd's convolution.
  func winogradWeights(_ operands: WinogradWeights)
  /// A convolution by Winograd's minimal filtering.
  func winogradForward(_ operands: WinogradForward)
  /// Its gradients.
  func winogradBackward(_ operands: WinogradBackward)

  /// Max pooling.
  func maxPoolingForward(_ operands: MaxPoolingForward)
  /// The gradient to a max pooling's input.
  func maxPoolingBackward(_ operands: WindowGradient)
  /// Average pooling.
  func averagePoolingForward(_ operands: AveragePoolingForward)
  /// The gradient to an average pooling's input.
  func averagePoolingBackward(_ operands: AveragePoolingBackward)
  /// The gradient before the average of a 2×2 window, to those of its elements that let it pass.
  func passedGradient(_ operands: WindowGradient)

  /// A shard's mean and squared deviations, channel by channel.
  func normalizationStatistics(_ operands: NormalizationStatistics)
  /// Batch normalization with given statistics.
  func normalizationForward(_ operands: NormalizationForward)
  /// A shard's sums for the gradient through a batch normalization.
  func normalizationGradientSums(_ operands: NormalizationGradientSums)
  /// The gradient to a batch normalization's input.
  func normalizationBackward(_ operands: NormalizationBackward)

  /// The gradient before an activation, and the bias's.
  func activationGradient(_ operands: ActivationGradient)
  /// The gradient before a ReLU and a 2×2 average pooling, and the bias's.
  func averagedActivationGradient(_ operands: AveragedActivationGradient)

  /// Maps as rows of features, without the channels' padding.
  func flattenPixels(_ operands: PixelCopy)
  /// Rows of features as maps, with the channels' padding.
  func unflattenPixels(_ operands: PixelCopy)

  /// Dropout's random bits.
  func dropoutDraw(_ operands: DropoutDraw)
  /// Dropout, or the gradient through it.
  func dropoutApply(_ operands: DropoutApply)

  /// A sum of two vectors in the first one's place.
  func addInPlace(_ operands: AddInPlace)
  /// A running average's step.
  func moveTowards(_ operands: MoveTowards)

  /// An image's bytes as floats from 0 to 1.
  func scalePixels(_ operands: ScalePixels)
  /// An image seen through an affine map and, if wanted, an elastic displacement.
  func sampleImage(_ operands: ImageSample)

  /// A step of Adam or AdamW.
  func adamUpdate(_ operands: AdamUpdate)
  /// A step of stochastic gradient descent with Nesterov momentum.
  func nesterovUpdate(_ operands: NesterovUpdate)

  /// Multiply-adds and nothing else: what the processor can do at most.
  func multiplyAddLimit(_ operands: MultiplyAddLimit)
}
