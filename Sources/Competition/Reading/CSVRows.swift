import Foundations

/// Rows of a CSV table, compressed or not, in about one megabyte of memory.
///
/// A thread of its own reads and inflates ahead. Rows of plain digits and commas that are whole in a chunk are parsed by
/// `plainRow`; all others (quoted, cut by a chunk's end, malformed) are scanned field by field by `scannedRow`, which
/// alone reports errors, so that both ways agree.
final class CSVRows: RowSource {
  var isLabelled: Bool { header.leading == .label }
  let naming = RowNaming.lines
  let rowCount: Int? = nil

  /// What labels may be.
  private let classes: Classes
  private let header: DigitHeader
  private var scanner: CSVScanner
  private var hasRows = false

  /// Reads the header. Throws `badData` with file, line and field if it is not a table's header.
  init(_ stream: any ByteStream, name: String, classes: Classes, chunkSize: Int) throws(KitError) {
    self.classes = classes
    var scanner = try CSVScanner(stream, name: name, chunkSize: chunkSize)
    header = try DigitHeader(&scanner)
    self.scanner = scanner
  }

  func read(
    upTo limit: Int, into pixels: inout [UInt8], at start: Int, _ batch: inout RowBatch
  ) throws(KitError) {
    while batch.count < limit {
      plainRows(upTo: limit, &pixels, from: start, &batch)
      if batch.count == limit { break }
      guard try scannedRow(&pixels, at: start + batch.count * DigitTable.pixelCount, &batch) else {
        if !hasRows { throw noRows }
        return
      }
      batch.count += 1
    }
  }

  /// A row is a line; only whether it is blank is looked at.
  func skip(_ count: Int) throws(KitError) -> Int {
    var skipped = 0
    while skipped < count, let isBlank = try scanner.skipLine() {
      if isBlank {
        try scanner.skipBlankLines(blankLine: blankLine)
        break
      }
      skipped += 1
    }
    if skipped > 0 { hasRows = true }
    if skipped < count && !hasRows { throw noRows }
    return skipped
  }

  private var noRows: KitError { scanner.error(line: 2, field: 1, "there are no rows after the header") }

  private var blankLine: String { "the line is blank; a row has \(header.columns) fields" }

  /// Adds rows as long as `plainRow` can read them.
  private func plainRows(
    upTo limit: Int, _ pixels: inout [UInt8], from start: Int, _ batch: inout RowBatch
  ) {
    let (leading, mostLabel, before) = (header.leading, UInt8(classes.count - 1), batch.count)
    scanner.takeLines { chunk, start0 in
      var position = start0
      var image = pixels.mutableSpan
      while batch.count < limit {
        let offset = start + batch.count * DigitTable.pixelCount
        guard let row = plainRow(chunk, position, leading, mostLabel: mostLabel, &image, at: offset) else {
          break
        }
        switch leading {
        case .label: batch.labels.append(row.label)
        case .id: batch.ids.append(text(chunk, position..<row.leadingEnd))
        case .none: break
        }
        position = row.end
        batch.count += 1
      }
      return (position, batch.count - before)
    }
    if batch.count > before { hasRows = true }
  }

  private static let rowNames =
    "; if row names come first, write the table without them (R: row.names = FALSE, pandas: index=False)"

  /// Reads one row field by field; false at the end of the file, or where only lines without a value follow.
  private func scannedRow(
    _ pixels: inout [UInt8], at start: Int, _ batch: inout RowBatch
  ) throws(KitError) -> Bool {
    if try scanner.isAtEnd() { return false }
    let firstPixelField = header.leading == .none ? 1 : 2
    // What the row begins with is kept when the whole row is known to be right.
    var (label, id): (UInt8, String) = (0, "")
    for field in 1...header.columns {
      let ending = try scanner.scanField()
      let number = scanner.wholeNumber
      switch header.leading {
      case .id where field == 1 && scanner.isId: id = String(decoding: scanner.text, as: UTF8.self)
      case .label where field == 1 && number ?? .max < classes.count: label = UInt8(number ?? 0)
      case _ where field >= firstPixelField && number ?? .max < 256:
        pixels[start + field - firstPixelField] = UInt8(number ?? 0)
      default:
        let problem = problem(ofField: field)
        guard field == 1, scanner.isBlank else { throw scanner.error(problem) }
        try scanner.skipBlankLines(after: ending, problem: problem, blankLine: blankLine)
        return false
      }
      if ending == .line && field < header.columns {
        throw scanner.error("the row has only \(field) of \(header.columns) fields")
      }
      if ending == .comma && field == header.columns {
        throw scanner.error("the row has more than \(header.columns) fields\(hasRows ? "" : Self.rowNames)")
      }
    }
    if header.leading == .label { batch.labels.append(label) }
    if header.leading == .id { batch.ids.append(id) }
    hasRows = true
    return true
  }

  /// What is wrong with the field scanned last, and what it must be.
  private func problem(ofField field: Int) -> String {
    let rule: String
    if field == 1 && header.leading == .label {
      let isOther = scanner.wholeNumber.map { $0 < Classes.possible.upperBound } ?? false
      rule = "a label is \(classes.rule)" + (isOther ? " (--classes tells of more)" : "")
    } else if field == 1 && header.leading == .id {
      rule = "an id has 1 to 31 characters, no commas or quotes among them"
    } else {
      rule = "a pixel is a whole number from 0 to 255"
    }
    return "\(header.name(ofField: field)) is \(scanner.shownText); \(rule)"
  }
}

extension CSVScanner {
  /// Whether the field scanned last can be an id, which is written again as it is.
  fileprivate var isId: Bool {
    !isBlank && text.count < 32
      && text.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
  }
}

/// `0,0,0,0,` as eight bytes loaded at once.
private let fourZeros = UInt64(0x2C30_2C30_2C30_2C30).littleEndian

/// The characters of a field.
private func text(_ chunk: RawSpan, _ range: Range<Int>) -> String {
  chunk.extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

/// Reads the row at `start` into 784 bytes of `image` from `offset`, if it is plain and whole in the chunk.
///
/// Nil for any other row; the 784 bytes are undefined then.
@inline(__always)
private func plainRow(
  _ chunk: RawSpan, _ start: Int, _ leading: DigitHeader.Leading, mostLabel: UInt8,
  _ image: inout MutableSpan<UInt8>, at offset: Int
) -> (label: UInt8, leadingEnd: Int, end: Int)? {
  // Below, at most eight bytes are read at a time.
  let last = chunk.byteCount - 8
  var position = start
  var label: UInt8 = 0
  switch leading {
  case .none: break
  case .label:
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
  case .id:
    // Those in quotes, or with spaces, are scanned.
    while position <= last, position - start < 31, isPlainInId(byte(chunk, position)) { position += 1 }
    guard position > start, position <= last, byte(chunk, position) == UInt8(ascii: ",") else { return nil }
    position += 1
  }
  let leadingEnd = position - 1
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
  return (label, leadingEnd, position + 1)
}

/// Whether a byte may be in an id that needs no closer look.
@inline(__always)
private func isPlainInId(_ byte: UInt8) -> Bool {
  byte > UInt8(ascii: " ") && byte != UInt8(ascii: ",") && byte != UInt8(ascii: "\"")
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
