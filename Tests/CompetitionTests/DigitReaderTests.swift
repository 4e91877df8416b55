import Competition
import Foundations
import TestSupport
import Testing

@Suite struct DigitReaderTests {
  @Test func plainTable() throws {
    let rows = randomRows(5, seed: 1)
    #expect(try readRows(csv(rows)) == rows)
    let unlabelled = randomRows(5, seed: 2, labelled: false)
    let reader = try DigitReader(MemoryStream(csv(unlabelled)), name: "test.csv")
    #expect(!reader.isLabelled)
    #expect(try readRows(reader) == unlabelled)
  }

  @Test func everyByteValue() throws {
    var rows = randomRows(1, seed: 3)
    for value in 0..<256 { rows.pixels[value] = UInt8(value) }
    rows.pixels[783] = 255
    // A second row, so that the first one is not at the file's end and `plainRow` can read it.
    rows.pixels += rows.pixels.reversed()
    rows.labels.append(9)
    #expect(try readRows(csv(rows)) == rows)
  }

  @Test(arguments: [1, 2, 3, 255, 256, 257, 1000])
  func limits(limit: Int) throws {
    let rows = randomRows(600, seed: 4)
    #expect(try readRows(csv(rows), limit: limit) == rows)
  }

  /// A table in any accepted spelling, read in pieces of any size, gives the same rows.
  @Test(arguments: 0..<60)
  func acceptedSpellings(seed: Int) throws {
    var stream = RandomStream(Philox(seed: UInt64(seed)), .sample, epoch: 1)
    let rows = randomRows(1 + stream.below(4), seed: UInt64(seed), labelled: stream.below(2) == 0)
    let quoted = [0, 0, 1, 50, 100][stream.below(5)]
    let padded = [0, 0, 3][stream.below(3)]
    var bytes = csv(
      rows, firstPixel: stream.below(2), newline: ["\n", "\r\n"][stream.below(2)],
      field: { text in
        let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let value = isNumber && stream.below(100) < padded ? "00" + text : text
        return stream.below(100) < quoted ? "\"\(value)\"" : value
      })
    if stream.below(2) == 0 { bytes = [0xEF, 0xBB, 0xBF] + bytes }
    if stream.below(2) == 0 { while [10, 13].contains(bytes.last) { bytes.removeLast() } }
    let largest = [1, 2, 40, 700, 5000, 1 << 20][seed % 6]
    var pieces = RandomStream(Philox(seed: UInt64(seed)), .sample, epoch: 2)
    #expect(try readRows(bytes, piece: { 1 + pieces.below(largest) }) == rows)
  }

  /// Pieces too short for `plainRow`, and one piece with the whole file, give the same rows or the same error.
  @Test func bothWaysAgreeOnDamage() {
    var stream = RandomStream(Philox(seed: 5), .sample, epoch: 3)
    let whole = csv(randomRows(3, seed: 5))
    let bodyStart = (whole.firstIndex(of: 10) ?? 0) + 1
    let strays = Array("0123456789,,,\n\r\"-+. x\0\u{FF}".utf8)
    var accepted = 0
    for _ in 0..<400 {
      var bytes = whole
      let index = bodyStart + stream.below(bytes.count - bodyStart)
      switch stream.below(3) {
      case 0: bytes[index] = strays[stream.below(strays.count)]
      case 1: bytes.insert(strays[stream.below(strays.count)], at: index)
      default: bytes.remove(at: index)
      }
      var fast = Rows()
      var slow = Rows()
      let fastMessage = message { fast = try readRows(bytes) }
      let slowMessage = message { slow = try readRows(bytes, piece: { 700 }) }
      #expect(fastMessage == slowMessage)
      #expect(fast == slow)
      if fastMessage == "accepted" { accepted += 1 }
    }
    #expect(accepted > 20 && accepted < 380)
  }

  @Test func rowsBeforeAnErrorAreKept() throws {
    let rows = randomRows(3, seed: 6)
    let reader = try DigitReader(MemoryStream(csv(rows) + Array("x".utf8)), name: "train.csv")
    var read = Rows()
    #expect(throws: KitError.self) {
      try reader.read(upTo: 100, pixels: &read.pixels, labels: &read.labels)
    }
    #expect(read == rows)
  }

  @Test func readerMayBeReleasedEarly() throws {
    // Larger than what is read ahead, so that the thread is waiting when its reader is released.
    let bytes = csv(randomRows(600, seed: 7))
    for _ in 0..<20 {
      let reader = try DigitReader(MemoryStream(bytes), name: "train.csv", chunkSize: 4096)
      var rows = Rows()
      #expect(try reader.read(upTo: 1, pixels: &rows.pixels, labels: &rows.labels) == 1)
    }
  }

  @Test func digest() {
    // Python: hashlib.sha256(bytes([3]) + bytes(784) + bytes([9]) + bytes([255] * 784)).hexdigest()
    let table = DigitTable(
      pixels: [UInt8](repeating: 0, count: 784) + [UInt8](repeating: 255, count: 784), labels: [3, 9])
    #expect(table.digest() == "ea15022825b7441bfbe82565f8e70885eb4621ee1b65f73ac49d1a1565a3c435")
  }
}
