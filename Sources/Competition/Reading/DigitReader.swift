import Compute
import Foundations

/// Reads rows from a `train.csv` or `test.csv` of any size, compressed or not, in about one megabyte of memory.
///
/// A thread of its own reads and inflates ahead. Rows of plain digits and commas that are whole in a chunk are parsed by
/// `plainRow`; all others (quoted, cut by a chunk's end, malformed) are scanned field by field by `scannedRow`, which
/// alone reports errors, so that both ways agree.
public final class DigitReader {
  /// The file's name in messages: its path, or `ZIP/MEMBER` in a zip archive.
  public let name: String
  /// Whether rows have labels, as in a `train.csv`.
  public var isLabelled: Bool { header.isLabelled }

  /// What labels may be.
  private let classes: Classes
  private let header: DigitHeader
  private var scanner: CSVScanner
  private var hasRows = false

  /// Reads the header from a CSV stream; `chunkSize` bytes are read or inflated at a time.
  ///
  /// Throws `badData` with file, line and field if it is not a table's header.
  package init(
    _ stream: any ByteStream, name: String, classes: Classes = .digits, chunkSize: Int = 1 << 18
  ) throws(KitError) {
    self.name = name
    self.classes = classes
    var scanner = try CSVScanner(stream, name: name, chunkSize: chunkSize)
    header = try DigitHeader(&scanner)
    self.scanner = scanner
  }

  /// Appends the next rows, at most `limit`.
  ///
  /// - Parameters:
  ///   - limit: The most rows to append.
  ///   - pixels: Gets 784 bytes for each row.
  ///   - labels: Gets a byte for each row if the file is labelled.
  /// - Returns: How many rows were appended; 0 only at the end of an intact file.
  /// - Throws: `badData` with file, line and field at the first error; the rows before it have been appended then.
  public func read(upTo limit: Int, pixels: inout [UInt8], labels: inout [UInt8]) throws(KitError) -> Int {
    var total = 0
    while total < limit {
      try StopRequest.check(while: "reading \(name)")
      let wanted = min(limit - total, 256)
      let start = pixels.count
      pixels.append(contentsOf: repeatElement(0, count: wanted * DigitTable.pixelCount))
      var count = 0
      defer { pixels.removeLast(pixels.count - start - count * DigitTable.pixelCount) }
      while count < wanted {
        count += plainRows(upTo: wanted - count, &pixels, at: start + count * DigitTable.pixelCount, &labels)
        if count == wanted { break }
        guard try scannedRow(&pixels, at: start + count * DigitTable.pixelCount, &labels) else {
          if !hasRows { throw scanner.error(line: 2, field: 1, "there are no rows after the header") }
          return total + count
        }
        count += 1
      }
      total += wanted
    }
    return total
  }

  /// All rows that are left.
  ///
  /// - Throws: As `read` does; `usage` if they need more memory than this machine has.
  public func readAll() throws(KitError) -> (pixels: [UInt8], labels: [UInt8]) {
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    let step = 1 << 12
    var (rows, room) = (0, 0)
    while true {
      if rows + step > room {
        // The rows so far are copied into an array of twice the size, as arrays grow.
        room = 2 * (rows + step)
        try requirePhysicalMemory(
          1.5 * Double(room * DigitTable.pixelCount),
          for: "reading the first \(grouped(room)) rows of \(name)",
          remedy: "A table with fewer rows may fit")
        pixels.reserveCapacity(room * DigitTable.pixelCount)
      }
      let count = try read(upTo: step, pixels: &pixels, labels: &labels)
      if count == 0 { return (pixels, labels) }
      rows += count
    }
  }

  /// Appends rows as long as `plainRow` can read them; returns how many.
  private func plainRows(
    upTo limit: Int, _ pixels: inout [UInt8], at start: Int, _ labels: inout [UInt8]
  ) -> Int {
    var count = 0
    let (isLabelled, mostLabel) = (isLabelled, UInt8(classes.count - 1))
    scanner.takeLines { chunk, start0 in
      var position = start0
      var image = pixels.mutableSpan
      while count < limit {
        let offset = start + count * DigitTable.pixelCount
        guard
          let row = plainRow(
            chunk, position, isLabelled: isLabelled, mostLabel: mostLabel, &image, at: offset)
        else { break }
        if isLabelled { labels.append(row.label) }
        position = row.end
        count += 1
      }
      return (position, count)
    }
    if count > 0 { hasRows = true }
    return count
  }

  private static let rowNames =
    "; if row names come first, write the table without them (R: row.names = FALSE, pandas: index=False)"

  /// Reads one row field by field; false at the end of the file, or where only lines without a value follow.
  private func scannedRow(
    _ pixels: inout [UInt8], at start: Int, _ labels: inout [UInt8]
  ) throws(KitError) -> Bool {
    if try scanner.isAtEnd() { return false }
    var label: UInt8 = 0
    let firstPixelField = header.isLabelled ? 2 : 1
    for field in 1...header.columns {
      let ending = try scanner.scanField()
      let isLabel = field < firstPixelField
      guard let number = scanner.wholeNumber, number < (isLabel ? classes.count : 256) else {
        let rule = isLabel ? "a label is \(classes.rule)" : "a pixel is a whole number from 0 to 255"
        let problem = "\(header.name(ofField: field)) is \(scanner.shownText); \(rule)"
        guard field == 1, scanner.isBlank else { throw scanner.error(problem) }
        try scanner.skipBlankLines(
          after: ending, problem: problem, blankLine: "the line is blank; a row has \(header.columns) fields")
        return false
      }
      if isLabel {
        label = UInt8(number)
      } else {
        pixels[start + field - firstPixelField] = UInt8(number)
      }
      if ending == .line && field < header.columns {
        throw scanner.error("the row has only \(field) of \(header.columns) fields")
      }
      if ending == .comma && field == header.columns {
        throw scanner.error("the row has more than \(header.columns) fields\(hasRows ? "" : Self.rowNames)")
      }
    }
    if header.isLabelled { labels.append(label) }
    hasRows = true
    return true
  }
}

/// `0,0,0,0,` as eight bytes loaded at once.
private let fourZeros = UInt64(0x2C30_2C30_2C30_2C30).littleEndian

/// Reads the row at `start` into 784 bytes of `image` from `offset`, if it is plain and whole in the chunk.
///
/// Nil for any other row; the 784 bytes are undefined then.
@inline(__always)
private func plainRow(
  _ chunk: RawSpan, _ start: Int, isLabelled: Bool, mostLabel: UInt8, _ image: inout MutableSpan<UInt8>,
  at offset: Int
) -> (label: UInt8, end: Int)? {
  // Below, at most eight bytes are read at a time.
  let last = chunk.byteCount - 8
  var position = start
  var label: UInt8 = 0
  if isLabelled {
    guard position <= last else { return nil }
    label = byte(chunk, position) &- UInt8(ascii: "0")
    guard label <= 9 else { return nil }
    position += 1
    // With more than ten classes a label may have a second digit.
    if case let second = byte(chunk, position) &- UInt8(ascii: "0"), second <= 9 {
      label = label * 10 + second
      position += 1
    }
    guard label <= mostLabel, byte(chunk, position) == UInt8(ascii: ",") else { return nil }
    position += 1
  }
  var pixel = 0
  while pixel < DigitTable.pixelCount - 1 {
    guard position <= last else { return nil }
    // Most pixels are 0: four at a time, but never a row's last one, which no comma follows.
    if pixel < DigitTable.pixelCount - 4,
      chunk.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self) == fourZeros
    {
      for next in pixel..<pixel + 4 { image[offset + next] = 0 }
      pixel += 4
      position += 8
      continue
    }
    let word = UInt32(littleEndian: chunk.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self))
    guard let (value, digits) = number(endedByComma: word) else { return nil }
    image[offset + pixel] = value
    pixel += 1
    position += digits + 1
  }
  guard position <= last else { return nil }
  var value = 0
  let first = position
  while position - first < 3, case let digit = byte(chunk, position) &- UInt8(ascii: "0"), digit <= 9 {
    value = value * 10 + Int(digit)
    position += 1
  }
  guard position > first, value <= 255 else { return nil }
  image[offset + pixel] = UInt8(value)
  if byte(chunk, position) == UInt8(ascii: "\r") { position += 1 }
  guard byte(chunk, position) == UInt8(ascii: "\n") else { return nil }
  return (label, position + 1)
}

@inline(__always)
private func byte(_ chunk: RawSpan, _ position: Int) -> UInt8 {
  chunk.unsafeLoad(fromByteOffset: position, as: UInt8.self)
}

/// The number at the start of four bytes (the first byte lowest) if it has one to three digits, a comma follows and it is
/// at most 255.
///
/// All digits at once, without branches that depend on them, which no processor could predict.
@inline(__always)
private func number(endedByComma word: UInt32) -> (value: UInt8, digits: Int)? {
  // The lowest zero byte of `difference` is the first comma; the subtraction's carry sets its top bit in `mark`.
  let difference = word ^ 0x2C2C_2C2C
  let mark = (difference &- 0x0101_0101) & ~difference & 0x8080_8080
  let digits = mark.trailingZeroBitCount >> 3
  guard digits >= 1, digits <= 3 else { return nil }
  // The digits' values in the upper bytes, the last one on top; the bytes below are 0.
  let values = (word ^ 0x3030_3030) << UInt32(32 - 8 * digits)
  guard (values | (values &+ 0x7676_7676)) & 0x8080_8080 == 0 else { return nil }
  let value = (values >> 24) + 10 * (values >> 16 & 0xFF) + 100 * (values >> 8 & 0xFF)
  guard value <= 255 else { return nil }
  return (UInt8(truncatingIfNeeded: value), digits)
}
