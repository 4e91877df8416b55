import Testing
@testable import TensorBoard

struct RecordTests {
  /// The check value of CRC catalogues, and RFC 3720's examples (appendix B.4).
  @Test(
    arguments: [
      (Array("123456789".utf8), 0xe306_9283),
      ([], 0),
      (Array(repeating: 0, count: 32), 0x8a91_36aa),
      (Array(repeating: 0xff, count: 32), 0x62a8_ab43),
      (Array(0..<32), 0x46dd_794e),
      ((0..<32).reversed(), 0x113f_db5c),
      (
        [
          0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14,
          0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
        ], 0xd996_3a56
      ),
    ] as [([UInt8], UInt32)])
  func publishedChecksums(bytes: [UInt8], checksum: UInt32) {
    #expect(CRC32C.checksum(of: bytes) == checksum)
  }

  /// TensorBoard's own RecordWriter writes these bytes for the same data.
  @Test func framingIsTensorBoards() {
    let version = Array("brain.Event:2".utf8)
    #expect(
      Record.framed([0x1a, 13] + version)
        == [15, 0, 0, 0, 0, 0, 0, 0, 0x6d, 0x53, 0x2b, 0x09, 0x1a, 13] + version + [0xfc, 0x98, 0x51, 0x29])
  }

  @Test func recordsAreFoundUpToATruncatedOrDamagedOne() {
    let contents: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 300)]
    let records = contents.map(Record.framed)
    let file = records.flatMap { $0 }
    #expect(Record.whole(in: file).map { Array(file[$0]) } == contents)
    let ends = [0, records[0].count, records[0].count + records[1].count, file.count]
    for cut in 0...file.count {
      #expect(Record.whole(in: Array(file[..<cut])).count == ends.lastIndex { $0 <= cut })
    }
    for index in file.indices {
      var damaged = file
      damaged[index] ^= 0x10
      #expect(Record.whole(in: damaged).count == ends.lastIndex { $0 <= index })
    }
  }

  @Test(arguments: [.max, .max - 15, UInt64(Int.max), UInt64(Int.max) - 15, 1 << 40, 5])
  func forgedLengthIsNotARecord(length: UInt64) {
    let prefix = withUnsafeBytes(of: length.littleEndian) { Array($0) }
    let checksum = withUnsafeBytes(of: CRC32C.masked(of: prefix).littleEndian) { Array($0) }
    #expect(Record.whole(in: prefix + checksum + [0, 0, 0, 0, 0, 0, 0, 0]).isEmpty)
  }
}
