import Foundation
import Foundations
import TestSupport
import Testing

@testable import Competition

/// Readers that read some rows of a table.
@Suite struct RowRangeTests {
  @Test func texts() throws {
    let rows = try #require(RowRange("1001-2000"))
    #expect(rows == RowRange(first: 1001, last: 2000) && rows.count == 1000 && rows.text == "1001-2000")
    #expect(rows.words == "rows 1,001 to 2,000")
    let open = try #require(RowRange("7-"))
    #expect(open == RowRange(first: 7, last: nil) && open.count == nil && open.text == "7-")
    #expect(RowRange("3-3")?.words == "row 3")
    for text in [
      "", "-", "5", "-5", "0-5", "5-4", "a-b", "1-b", "1-2-3", "+1-2", "1 - 2", "1.0-2",
      "99999999999999999999-",
    ] { #expect(RowRange(text) == nil, "\(text)") }
  }

  /// The rows of a table from a stream, those of a range.
  private func rows(
    _ range: RowRange, of bytes: [UInt8], piece: Int = 1 << 20
  ) throws -> (rows: Rows, table: Int?) {
    let reader = try DigitReader(MemoryStream(bytes, piece: { piece }), name: "test.csv", chunkSize: 5000)
    try reader.select(range)
    let rows = try readRows(reader, limit: 7)
    return (rows, reader.tableRows)
  }

  private func part(_ rows: Rows, _ first: Int, _ last: Int) -> Rows {
    Rows(pixels: Array(rows.pixels[((first - 1) * 784)..<(last * 784)]))
  }

  /// Rows of CSV tables in any accepted spelling, however the bytes come in.
  @Test(arguments: 0..<30)
  func rowsOfLines(seed: Int) throws {
    var stream = RandomStream(Philox(seed: UInt64(seed)), .sample, epoch: 7)
    let count = 1 + stream.below(30)
    let all = randomRows(count, seed: UInt64(seed), labelled: false)
    let quoted = [0, 2, 100][stream.below(3)]
    var bytes = csv(
      all, newline: ["\n", "\r\n"][stream.below(2)],
      field: { stream.below(100) < quoted ? "\"\($0)\"" : $0 })
    switch stream.below(4) {
    case 0: while [10, 13].contains(bytes.last) { bytes.removeLast() }
    case 1: bytes += Array("\r\n,,\n\n".utf8)
    case 2: bytes.append(0x1A)
    default: break
    }
    let first = 1 + stream.below(count)
    let last = first + stream.below(count - first + 1)
    for piece in [97, 1 << 20] {
      let some = try rows(RowRange(first: first, last: last), of: bytes, piece: piece)
      #expect(some.rows == part(all, first, last))
      #expect(some.table == (last == count ? count : nil))
      let rest = try rows(RowRange(first: first, last: nil), of: bytes, piece: piece)
      #expect(rest.rows == part(all, first, count) && rest.table == count)
      for range in [
        RowRange(first: first, last: count + 1), RowRange(first: count + 1, last: nil),
        RowRange(first: count + 9, last: count + 10),
      ] {
        let refusal = message(of: .usage) { try rows(range, of: bytes, piece: piece) }
        #expect(
          refusal.hasPrefix("--rows \(range.text) is out of range: test.csv has \(count) rows"), "\(refusal)")
      }
    }
  }

  /// After skipped rows an error is still at its line; a blank line among them is found; one after the part is not looked at.
  @Test func placesOfErrors() throws {
    let all = randomRows(9, seed: 4, labelled: false)
    var lines = String(decoding: csv(all), as: UTF8.self).split(separator: "\n").map(String.init)
    lines[7] += ",1"
    let bytes = Array(lines.joined(separator: "\n").utf8)
    #expect(
      message(of: .badData) { try rows(RowRange(first: 6, last: 9), of: bytes) }
        == "test.csv:8:784: the row has more than 784 fields")
    #expect(try rows(RowRange(first: 2, last: 6), of: bytes).rows == part(all, 2, 6))
    #expect(try rows(RowRange(first: 8, last: 9), of: bytes).rows == part(all, 8, 9))
    lines[3] = ","
    #expect(
      message(of: .badData) {
        try rows(RowRange(first: 5, last: 6), of: Array(lines.joined(separator: "\n").utf8))
      }
        == "test.csv:4:1: the line is blank; a row has 784 fields")
    let header = Array((lines[0] + "\n").utf8)
    #expect(
      message(of: .badData) { try rows(RowRange(first: 5, last: 6), of: header) }
        == "test.csv:2:1: there are no rows after the header")
  }

  /// Ids stay with their rows.
  @Test func ids() throws {
    let all = randomRows(20, seed: 5, labelled: false)
    var lines = String(decoding: csv(all), as: UTF8.self).split(separator: "\n").map(String.init)
    for row in lines.indices { lines[row] = (row == 0 ? "id" : "x\(row)") + "," + lines[row] }
    let reader = try DigitReader(MemoryStream(Array(lines.joined(separator: "\n").utf8)), name: "test.csv")
    try reader.select(RowRange(first: 11, last: 13))
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    #expect(try reader.read(upTo: 100, pixels: &pixels, labels: &labels) == 3)
    #expect(reader.ids == ["x11", "x12", "x13"] && reader.tableRows == nil)
  }

  /// Files that are compressed, in an archive, of the IDX format or pictures give the same rows.
  @Test func otherForms() throws {
    let folder = try TemporaryFolder()
    let all = randomRows(12, seed: 6, labelled: false)
    let table = csv(all)
    let idx = [0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 28, 0, 0, 0, 28] + all.pixels
    let pictures = "\(folder.path)/pictures/test"
    try makeFolders(pictures)
    for row in 0..<12 {
      let image = Array("P5 28 28 255\n".utf8) + all.pixels[row * 784..<(row + 1) * 784]
      try Data(image).write(to: URL(fileURLWithPath: "\(pictures)/\(row + 1).pgm"))
    }
    let places = [
      try folder.write("test.csv", table), try folder.write("test.csv.gz", deflated(table, gzip: true)),
      try folder.write("test.zip", zip([ZipMember(name: "test.csv", bytes: table)])),
      try folder.write("t10k-images-idx3-ubyte", idx),
      try folder.write("t10k-images.idx3-ubyte.gz", deflated(idx, gzip: true)), "\(folder.path)/pictures",
    ]
    for place in places {
      let source = try DataSource(finding: place)
      for (first, last) in [(1, 12), (1, 1), (5, 8), (12, 12), (3, nil)] as [(Int, Int?)] {
        let reader = try source.test()
        try reader.select(RowRange(first: first, last: last))
        #expect(try readRows(reader, limit: 5) == part(all, first, last ?? 12), "\(place)")
        let isKnown = !place.contains(".csv") && !place.hasSuffix(".zip") || last ?? 12 == 12
        #expect(reader.tableRows == (isKnown ? 12 : nil), "\(place)")
      }
      #expect(
        message(of: .usage) {
          let reader = try source.test()
          try reader.select(RowRange(first: 3, last: 13))
          return try readRows(reader)
        }.hasSuffix("has 12 rows (3- takes them to the end)"), "\(place)")
    }
    // Values that are not there are missed by who reads to them.
    let short = try DataSource(finding: try folder.write("short.idx", Array(idx.dropLast(784 * 4))))
    let reader = try short.test()
    try reader.select(RowRange(first: 7, last: 9))
    #expect(
      message(of: .badData) { try readRows(reader) }.hasSuffix("is truncated; download or copy it again"))
  }
}
