import Foundations

/// Rows of IDX files, as MNIST and Fashion-MNIST are published: one of images and one of labels, each compressed by gzip or
/// not.
///
/// A file has a magic number (two zero bytes, the type of its values, how many dimensions), the dimensions and the values,
/// all big-endian. http://yann.lecun.com/exdb/mnist
final class IDXRows: RowSource {
  var isLabelled: Bool { labels != nil }
  let naming = RowNaming.numbers
  var rowCount: Int? { images.dimensions[0] }
  private let images: IDXFile
  private let labels: IDXFile?
  private let classes: Classes
  private var position = 0

  /// Opens the files; `labelPath` is nil where labels are not wanted.
  ///
  /// - Throws: `missingInput` if a file can't be read; `badData`, with the byte, if it is no IDX file of 28×28 images, or of
  ///   as many labels.
  init(images path: String, labels labelPath: String?, classes: Classes) throws(KitError) {
    self.classes = classes
    images = try IDXFile(at: path)
    guard images.dimensions.count == 3 else {
      let isLabels = images.dimensions.count == 1
      throw images.error(
        at: 3, isLabels ? "these are labels; name the file of images" : "images have three dimensions")
    }
    let (rows, columns) = (images.dimensions[1], images.dimensions[2])
    guard rows == DigitTable.side, columns == DigitTable.side else {
      throw images.error(at: 8, "the images have \(rows)×\(columns) pixels; only 28×28 can be read")
    }
    guard images.dimensions[0] > 0 else { throw images.error(at: 4, "there are no images") }
    guard let labelPath else {
      labels = nil
      return
    }
    let labels = try IDXFile(at: labelPath)
    guard labels.dimensions.count == 1 else { throw labels.error(at: 3, "labels have one dimension") }
    guard labels.dimensions[0] == images.dimensions[0] else {
      throw labels.error(
        at: 4,
        "there are \(grouped(labels.dimensions[0])) labels, but \(grouped(images.dimensions[0])) images in \(path)"
      )
    }
    self.labels = labels
  }

  func skip(_ count: Int) throws(KitError) -> Int {
    let skipped = min(count, images.dimensions[0] - position)
    try images.skip(skipped * DigitTable.pixelCount)
    try labels?.skip(skipped)
    position += skipped
    return skipped
  }

  func read(
    upTo limit: Int, into pixels: inout [UInt8], at start: Int, _ batch: inout RowBatch
  ) throws(KitError) {
    let count = min(limit, images.dimensions[0] - position)
    if count == 0 {
      try images.requireEnd()
      try labels?.requireEnd()
      return
    }
    try images.read(count * DigitTable.pixelCount, into: &pixels, at: start)
    if let labels {
      var values = [UInt8](repeating: 0, count: count)
      try labels.read(count, into: &values, at: 0)
      for (index, label) in values.enumerated() where label >= classes.count {
        let isOther = label < Classes.possible.upperBound
        throw labels.error(
          at: 8 + position + index,
          "the label of row \(position + index) is \(label); a label is \(classes.rule)"
            + (isOther ? " (--classes tells of more)" : ""))
      }
      batch.labels = values
    }
    batch.count = count
    position += count
    // The checks of the end come before the last rows are used, where a gzip file's checksum is.
    if position == images.dimensions[0] {
      batch.count = 0
      try images.requireEnd()
      try labels?.requireEnd()
      batch.count = count
    }
  }
}

/// An IDX file of bytes whose header has been read.
final class IDXFile {
  /// The sizes, outermost first.
  let dimensions: [Int]
  private let path: String
  private let stream: any ByteStream

  /// The file's first bytes: bytes in one dimension or three.
  static func isIDX(_ start: [UInt8]) -> Bool {
    start.count >= 4 && start[0] == 0 && start[1] == 0 && (8...14).contains(start[2])
      && (1...4).contains(start[3])
  }

  /// Whether a file is of this format, compressed by gzip or not.
  static func isIDX(at path: String) -> Bool {
    guard let stream = try? open(path) else { return false }
    var start = [UInt8](repeating: 0, count: 4)
    return ((try? fill(&start, 0..<4, from: stream)) ?? 0) == 4 && isIDX(start)
  }

  /// Reads a file's header. Throws `missingInput` if it can't be read, `badData` if it is not of this format.
  init(at path: String) throws(KitError) {
    self.path = path
    stream = try Self.open(path)
    var header = [UInt8](repeating: 0, count: 4)
    let count = try Self.fill(&header, 0..<4, from: stream)
    guard count == 4, Self.isIDX(header) else {
      throw KitError(.badData, "\(path): byte 0: the file is not of the IDX format")
    }
    guard header[2] == 8 else {
      throw KitError(
        .badData, "\(path): byte 2: the values are of type \(header[2]); only bytes, type 8, can be read")
    }
    var sizes = [UInt8](repeating: 0, count: 4 * Int(header[3]))
    guard try Self.fill(&sizes, sizes.indices, from: stream) == sizes.count else {
      throw Self.truncated(path)
    }
    dimensions = stride(from: 0, to: sizes.count, by: 4).map { start in
      sizes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
  }

  /// Reads the next values into an array that has room for them.
  func read(_ count: Int, into bytes: inout [UInt8], at start: Int) throws(KitError) {
    guard try Self.fill(&bytes, start..<start + count, from: stream) == count else {
      throw Self.truncated(path)
    }
  }

  /// Skips the next values; those of a file that is not compressed are not read.
  func skip(_ count: Int) throws(KitError) {
    if let file = stream as? FileBytes {
      guard file.skip(count) == count else { throw Self.truncated(path) }
      return
    }
    var values = [UInt8](repeating: 0, count: min(count, 1 << 18))
    var left = count
    while left > 0 {
      let next = min(left, values.count)
      try read(next, into: &values, at: 0)
      left -= next
    }
  }

  /// Throws `badData` if there is more than the header says.
  func requireEnd() throws(KitError) {
    var next: [UInt8] = [0]
    guard try Self.fill(&next, 0..<1, from: stream) == 0 else {
      throw KitError(.badData, "\(path) has trailing data after its values; download or copy it again")
    }
  }

  /// An error at a byte, counted from 0.
  func error(at byte: Int, _ problem: String) -> KitError {
    KitError(.badData, "\(path): byte \(byte): \(problem)")
  }

  private static func truncated(_ path: String) -> KitError {
    KitError(.badData, "\(path) is truncated; download or copy it again")
  }

  private static func open(_ path: String) throws(KitError) -> any ByteStream {
    let file = try FileBytes(at: path, isStoppable: true)
    let start = try file.bytes(from: 0, count: min(file.size, 2))
    file.select(from: 0, count: file.size)
    return start == [0x1F, 0x8B] ? try Inflater(file, wrapping: .gzip, name: path) : file
  }

  /// Fills a part of an array as far as there are bytes; returns how many there were.
  private static func fill(
    _ bytes: inout [UInt8], _ range: Range<Int>, from stream: any ByteStream
  ) throws(KitError) -> Int {
    var filled = 0
    while filled < range.count {
      var (count, failure): (Int, KitError?) = (0, nil)
      bytes.withUnsafeMutableBytes { raw in
        do throws(KitError) {
          count = try stream.read(
            into: UnsafeMutableRawBufferPointer(rebasing: raw[range.lowerBound + filled..<range.upperBound]))
        } catch { failure = error }
      }
      if let failure { throw failure }
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}
