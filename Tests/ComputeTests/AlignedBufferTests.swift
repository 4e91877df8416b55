import Compute
import Testing

@Suite struct AlignedBufferTests {
  @Test(arguments: [0, 1, 15, 16, 17, 1000, 100_003]) func bufferIsAlignedAndZero(count: Int) {
    let buffer = AlignedBuffer(count: count)
    #expect(Int(bitPattern: buffer.pointer) % 64 == 0)
    #expect(buffer.count == count)
    #expect(buffer.array == [Float](repeating: 0, count: count))
  }

  @Test func assignedFloatsComeBack() {
    let values = (0..<37).map { Float($0) - 18.5 }
    let buffer = AlignedBuffer(count: values.count)
    buffer.assign(values)
    #expect(buffer.array == values)
    buffer.pointer[36] = 7
    #expect(buffer.array == values.dropLast() + [7])
    AlignedBuffer(count: 0).assign([])
  }

  @Test func paddingIsTheNextMultipleOf16() {
    for count in 0...200 {
      let padded = paddedTo16(count)
      #expect(padded % 16 == 0 && padded >= count && padded < count + 16)
    }
  }

  /// An image fits, starts on a cache line, and an odd number of lines lies between two of them.
  @Test func imageStrideIsAnOddNumberOfCacheLines() {
    for floats in 1...5000 {
      let stride = imageStride(of: floats)
      #expect(stride >= floats && stride % 16 == 0 && stride / 16 % 2 == 1)
      #expect(stride < floats + 32)
    }
  }
}
