import Compute
import Emulation
import Foundations
import Testing

/// What is where nothing may be written and nothing read into a result: a NaN that no arithmetic makes.
let canary = Float(bitPattern: 0x7FC0_ABCD)

/// Runs a kernel's twin and each instruction set's kernel (the processor's own, and emulated NEON's) on operands of
/// their own, and compares all of them to the bit: inputs, outputs, what lies between images, and a guard zone around each operand. (A NaN that
/// was computed equals any NaN: which of two operands' payloads it carries is the processor's affair.)
func expectTwins(
  _ operands: [[Float]], _ label: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ run: (any InstructionSet, [MutableFloats]) -> Void
) {
  let expected = results(of: ScalarTwin(), operands, run)
  for set in comparedSets {
    let actual = withBuffers(of: set) { results(of: set, operands, run) }
    for (number, (mine, theirs)) in zip(actual, expected).enumerated() {
      guard let index = mine.indices.first(where: { !areSame(mine[$0], theirs[$0]) }) else { continue }
      Issue.record(
        "\(set.name): \(label()): operand \(number), element \(index - guardCount) of \(operands[number].count) is \(mine[index]); the twin's is \(theirs[index])",
        sourceLocation: sourceLocation)
    }
  }
}

/// The instruction sets that must equal their twins: the processor's, and NEON's under emulation where that is possible.
let comparedSets: [any InstructionSet] =
  InstructionSets.available + ((try? EmulatedNEON.shared.get()).map { [$0] } ?? [])

/// What `body` returns; the buffers that it makes are where the instruction set sees them.
func withBuffers<Value>(of set: any InstructionSet, _ body: () throws -> Value) rethrows -> Value {
  try (set as? EmulatedNEON)?.withBuffers(body) ?? body()
}

private let guardCount = 64

private func results(
  of set: any InstructionSet, _ operands: [[Float]],
  _ run: (any InstructionSet, [MutableFloats]) -> Void
) -> [[Float]] {
  let guardZone = [Float](repeating: canary, count: guardCount)
  let buffers = operands.map { operand in
    buffer(guardZone + operand + guardZone)
  }
  run(set, buffers.map { $0.pointer + guardCount })
  return buffers.map(\.array)
}

private func areSame(_ first: Float, _ second: Float) -> Bool {
  if first.bitPattern == second.bitPattern { return true }
  return first.isNaN && second.isNaN && first.bitPattern != canary.bitPattern
    && second.bitPattern != canary.bitPattern
}

/// What sort of numbers a test feeds.
enum Values: CaseIterable {
  /// Uniform between -1 and 1, which shows every change of an order of summation.
  case ordinary
  /// Zeros of both signs, subnormals, and magnitudes from 2⁻¹⁴⁹ to 2⁵⁹.
  case wild
  /// As after a ReLU: many zeros, some equal small whole numbers.
  case rectified
  /// The same as `wild` with NaN and infinities among them.
  case notFinite

  func draw(_ random: inout RandomStream) -> Float {
    switch self {
    case .ordinary: return Float(random.uniform(-1, 1))
    case .wild: return Self.wild(&random)
    case .rectified: return [0, 0, 0, -0.0, 1, 2, 2, -1][random.below(8)]
    case .notFinite:
      return random.below(4) > 0 ? Self.wild(&random) : [.nan, .infinity, -.infinity][random.below(3)]
    }
  }

  private static func wild(_ random: inout RandomStream) -> Float {
    let sign: Float = random.below(2) == 0 ? -1 : 1
    switch random.below(8) {
    case 0: return sign * 0
    case 1: return sign * Float(bitPattern: UInt32(random.below(0x80_0000)))
    default:
      let significand = Float(bitPattern: 0x3F80_0000 | random.next() >> 9)
      return sign * Float(sign: .plus, exponent: random.below(190) - 130, significand: significand)
    }
  }
}

/// Memory of `images` images with `pixels` pixels each: `channels` values a pixel, `padding` in the channels after
/// them, canaries between the images.
func drawImages(
  _ values: Values, _ random: inout RandomStream, images: Int, imageStride: Int, pixels: Int,
  pixelStride: Int,
  channels: Int, padding: Float
) -> [Float] {
  var memory = [Float](repeating: canary, count: images * imageStride)
  for image in 0..<images {
    for pixel in 0..<pixels {
      for channel in 0..<pixelStride {
        memory[image * imageStride + pixel * pixelStride + channel] =
          channel < channels ? values.draw(&random) : padding
      }
    }
  }
  return memory
}

/// Memory that holds some floats.
func buffer(_ floats: [Float]) -> AlignedBuffer {
  let buffer = AlignedBuffer(count: floats.count)
  buffer.assign(floats)
  return buffer
}

/// What `body` returns for a copy of an array in a buffer, which instruction sets see wherever they run.
func withCopy<Element: BitwiseCopyable, Value>(
  of array: [Element], _ body: (UnsafeMutableBufferPointer<Element>) throws -> Value
) rethrows -> Value {
  let bytes = array.count * MemoryLayout<Element>.stride
  let memory = AlignedBuffer(count: (bytes + 3) / 4)
  return try withExtendedLifetime(memory) {
    let start = UnsafeMutableRawPointer(memory.pointer).bindMemory(to: Element.self, capacity: array.count)
    let copy = UnsafeMutableBufferPointer(start: start, count: array.count)
    _ = copy.initialize(from: array)
    return try body(copy)
  }
}

/// `count` drawn values.
func draw(_ values: Values, _ random: inout RandomStream, _ count: Int) -> [Float] {
  (0..<count).map { _ in values.draw(&random) }
}
