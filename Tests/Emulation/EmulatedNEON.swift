import Compute
import Foundation
import Platform
import Synchronization
import TestSupport

/// The kernels as NEON code, which an emulator runs beside this process on the same memory.
///
/// What a kernel reads and writes must be in `SharedMemory`: in an `AlignedBuffer` that was made within `withBuffers`.
public final class EmulatedNEON: InstructionSet {
  /// A failure where something is missing that it takes (`EmulatedProgram.missing`), and where the build fails.
  public static let shared = Result { try EmulatedNEON(EmulatedProgram.shared.get()) }

  /// As an arm64 processor's own.
  public let name = "neon"

  private let program: EmulatedProgram
  private let numbers: [String: UInt32]
  private let memory: SharedMemory
  private let state = Mutex(State())

  private struct State {
    /// Emulators that wait for a call: as many as there were calls at the same time.
    var idle: [Emulator] = []
    /// The calls that were made, by their names.
    var called: Set<String> = []
  }

  private init(_ program: EmulatedProgram) throws {
    self.program = program
    numbers = Dictionary(
      uniqueKeysWithValues: program.calls.enumerated().map { ($0.element.name, UInt32($0.offset)) })
    memory = try SharedMemory()
  }

  /// The names of all kernels.
  public static var kernels: Set<String> {
    get throws { Set(try EmulatedProgram.kernels().map(\.name)) }
  }

  /// The names of the kernels that were called so far.
  public var called: Set<String> { state.withLock { $0.called } }

  /// What `body` returns; the buffers that it makes are in the memory that the emulated kernels see.
  public func withBuffers<Value>(_ body: () throws -> Value) rethrows -> Value {
    try BufferMemory.$current.withValue(memory.buffers, operation: body)
  }

  /// `exp`, `log`, `sin` or `cos` of doubles, computed by the emulator.
  public func results(of function: String, _ values: [Double]) -> [Double] {
    let (source, target) = (buffer(values), buffer(values))
    return withExtendedLifetime((source, target)) {
      call(FunctionOperands(count: values.count, values: doubles(source), results: doubles(target)), function)
      return Array(UnsafeBufferPointer(start: doubles(target), count: values.count))
    }
  }

  /// The loss of an image and its probabilities, computed by the emulator.
  public func softmaxLoss(
    of logits: [Float], label: Int, smoothing: Double
  ) -> (loss: Double, probabilities: [Double]) {
    let source = withBuffers { AlignedBuffer(count: logits.count) }
    source.assign(logits)
    let (probabilities, loss) = (buffer(logits.map { _ in 0 }), buffer([0]))
    return withExtendedLifetime((source, probabilities, loss)) {
      call(
        LossOperands(
          classes: logits.count, label: label, smoothing: smoothing, logits: source.pointer,
          probabilities: doubles(probabilities), loss: doubles(loss)))
      let result = UnsafeBufferPointer(start: doubles(probabilities), count: logits.count)
      return (doubles(loss).pointee, Array(result))
    }
  }

  /// Doubles where the emulator sees them.
  private func buffer(_ values: [Double]) -> AlignedBuffer {
    let buffer = withBuffers { AlignedBuffer(count: 2 * values.count) }
    doubles(buffer).initialize(from: values, count: values.count)
    return buffer
  }

  private func doubles(_ buffer: AlignedBuffer) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(buffer.pointer).assumingMemoryBound(to: Double.self)
  }

  /// Lets an emulator compute; `caller` begins with the call's name.
  private func call<Operands>(_ operands: Operands, _ caller: String = #function) {
    let name = String(caller.prefix { $0 != "(" })
    guard let number = numbers[name] else { preconditionFailure("\(name) is not in the program") }
    let idle = state.withLock { state in
      state.called.insert(name)
      return state.idle.popLast()
    }
    guard let emulator = idle ?? Emulator(program.path, memory) else { return }
    if emulator.compute(number, operands) { state.withLock { $0.idle.append(emulator) } }
  }

  /// As the protocol says.
  public func stripWeights(_ operands: StripWeights) { call(operands) }
  /// As the protocol says.
  public func transposeWeights(_ operands: TransposeWeights) { call(operands) }
  /// As the protocol says.
  public func convolutionForward(_ operands: ConvolutionForward) { call(operands) }
  /// As the protocol says.
  public func convolutionInputGradient(_ operands: ConvolutionInputGradient) { call(operands) }
  /// As the protocol says.
  public func convolutionWeightGradient(_ operands: ConvolutionWeightGradient) { call(operands) }
  /// As the protocol says.
  public func pooledConvolutionForward(_ operands: PooledConvolutionForward) { call(operands) }
  /// As the protocol says.
  public func pooledConvolutionWeightGradient(_ operands: PooledConvolutionWeightGradient) { call(operands) }
  /// As the protocol says.
  public func denseWeightGradient(_ operands: DenseWeightGradient) { call(operands) }
  /// As the protocol says.
  public func winogradWeights(_ operands: WinogradWeights) { call(operands) }
  /// As the protocol says.
  public func winogradForward(_ operands: WinogradForward) { call(operands) }
  /// As the protocol says.
  public func winogradBackward(_ operands: WinogradBackward) { call(operands) }
  /// As the protocol says.
  public func maxPoolingForward(_ operands: MaxPoolingForward) { call(operands) }
  /// As the protocol says.
  public func maxPoolingBackward(_ operands: WindowGradient) { call(operands) }
  /// As the protocol says.
  public func averagePoolingForward(_ operands: AveragePoolingForward) { call(operands) }
  /// As the protocol says.
  public func averagePoolingBackward(_ operands: AveragePoolingBackward) { call(operands) }
  /// As the protocol says.
  public func passedGradient(_ operands: WindowGradient) { call(operands) }
  /// As the protocol says.
  public func normalizationStatistics(_ operands: NormalizationStatistics) { call(operands) }
  /// As the protocol says.
  public func normalizationForward(_ operands: NormalizationForward) { call(operands) }
  /// As the protocol says.
  public func normalizationGradientSums(_ operands: NormalizationGradientSums) { call(operands) }
  /// As the protocol says.
  public func normalizationBackward(_ operands: NormalizationBackward) { call(operands) }
  /// As the protocol says.
  public func activationGradient(_ operands: ActivationGradient) { call(operands) }
  /// As the protocol says.
  public func averagedActivationGradient(_ operands: AveragedActivationGradient) { call(operands) }
  /// As the protocol says.
  public func flattenPixels(_ operands: PixelCopy) { call(operands) }
  /// As the protocol says.
  public func unflattenPixels(_ operands: PixelCopy) { call(operands) }
  /// As the protocol says.
  public func dropoutDraw(_ operands: DropoutDraw) { call(operands) }
  /// As the protocol says.
  public func dropoutApply(_ operands: DropoutApply) { call(operands) }
  /// As the protocol says.
  public func addInPlace(_ operands: AddInPlace) { call(operands) }
  /// As the protocol says.
  public func moveTowards(_ operands: MoveTowards) { call(operands) }
  /// As the protocol says.
  public func scalePixels(_ operands: ScalePixels) { call(operands) }
  /// As the protocol says.
  public func sampleImage(_ operands: ImageSample) { call(operands) }
  /// As the protocol says.
  public func adamUpdate(_ operands: AdamUpdate) { call(operands) }
  /// As the protocol says.
  public func nesterovUpdate(_ operands: NesterovUpdate) { call(operands) }
  /// As the protocol says.
  public func multiplyAddLimit(_ operands: MultiplyAddLimit) { call(operands) }
}

/// A running emulator.
private final class Emulator: Sendable {
  private let requests: FileHandle
  private let answers: FileHandle

  /// Starts one; nil, with a message, if that is not possible.
  init?(_ program: String, _ memory: SharedMemory) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: installed("qemu-aarch64") ?? "")
    process.arguments = [program, memory.path, "\(Int(bitPattern: memory.start))", "\(memory.size)"]
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (input, output)
    (requests, answers) = (input.fileHandleForWriting, output.fileHandleForReading)
    do {
      try startUnblocked(process)
    } catch {
      print("the emulator does not start: \(error)")
      return nil
    }
  }

  /// Computes a call; false, with a message, if the emulator has ended, which leaves the results as they are.
  func compute<Operands>(_ number: UInt32, _ operands: Operands) -> Bool {
    var request = withUnsafeBytes(of: (number, UInt32(MemoryLayout<Operands>.size))) { Array($0) }
    withUnsafeBytes(of: operands) { request += $0 }
    let sent = write(requests.fileDescriptor, request, request.count)
    var answer: UInt8 = 0
    if sent == request.count, read(answers.fileDescriptor, &answer, 1) == 1 { return true }
    print("the emulator has ended in call \(number), \(Operands.self)")
    return false
  }
}
