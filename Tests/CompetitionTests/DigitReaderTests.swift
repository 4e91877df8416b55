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

  @Test func digest() throws {
    // Python: hashlib.sha256(bytes([3]) + bytes(784) + bytes([9]) + bytes([255] * 784)).hexdigest()
    let table = DigitTable(
      pixels: [UInt8](repeating: 0, count: 784) + [UInt8](repeating: 255, count: 784), labels: [3, 9])
    #expect(try table.digest() == "ea15022825b7441bfbe82565f8e70885eb4621ee1b65f73ac49d1a1565a3c435")
  }

  /// Kannada-MNIST's test.csv: ids in front, read in any pieces; ids that are no numbers stay as they are.
  @Test func ids() throws {
    let rows = randomRows(40, seed: 41, labelled: false)
    let longest = String(repeating: "é", count: 15) + "!"
    var names = (0..<40).map { $0 % 7 == 3 ? "a-\($0)" : $0 % 11 == 4 ? "\($0) b" : "\($0 * 100)" }
    names[39] = longest
    var lines = String(decoding: csv(rows), as: UTF8.self).split(separator: "\n").map(String.init)
    lines[0] = "id," + lines[0]
    for row in 0..<40 { lines[row + 1] = names[row] + "," + lines[row + 1] }
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    for piece in [1 << 20, 1000, 7] {
      let reader = try DigitReader(MemoryStream(bytes, piece: { piece }), name: "test.csv", chunkSize: 5000)
      var (pixels, labels, ids): ([UInt8], [UInt8], [String]) = ([], [], [])
      while try reader.read(upTo: 11, pixels: &pixels, labels: &labels) > 0 { ids += reader.ids }
      #expect(ids == names && pixels == rows.pixels && labels.isEmpty)
    }
    lines[5] = ",0" + lines[5].drop { $0 != "," }
    #expect(
      message { try readRows(Array(lines.joined(separator: "\n").utf8), name: "test.csv") }
        == "test.csv:6:1: id is empty; an id has 1 to 31 characters, no commas or quotes among them")
    lines[5] = longest + "x" + lines[5]
    #expect(
      message { try readRows(Array(lines.joined(separator: "\n").utf8), name: "test.csv") }
        .hasSuffix("an id has 1 to 31 characters, no commas or quotes among them"))
  }

  /// Labels of two digits are read like those of one.
  @Test func moreClasses() throws {
    var rows = randomRows(64, seed: 42)
    rows.labels = (0..<64).map { UInt8($0) }
    var form = TableForm()
    for (count, last) in [(64, 64), (26, 26), (2, 2)] {
      form.classes = Classes(count: count)
      let some = Rows(pixels: Array(rows.pixels[..<(784 * last)]), labels: Array(rows.labels[..<last]))
      let reader = try DigitReader(MemoryStream(csv(some)), name: "train.csv", form: form)
      #expect(try readRows(reader) == some)
    }
    form.classes = Classes(count: 26)
    #expect(
      message { try readRows(DigitReader(MemoryStream(csv(rows)), name: "train.csv", form: form)) }
        == "train.csv:28:1: label is 26; a label is a class from 0 to 25 (--classes tells of more)")
  }
}
