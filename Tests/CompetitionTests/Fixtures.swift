import CZlib
import Foundation
import Foundations
import Testing
@testable import Competition

/// Bytes in memory as a stream that returns at most `piece()` of them at a time.
final class MemoryStream: ByteStream {
  private let bytes: [UInt8]
  private let piece: () -> Int
  private var position = 0

  init(_ bytes: [UInt8], piece: @escaping () -> Int = { Int.max }) {
    self.bytes = bytes
    self.piece = piece
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(KitError) -> Int {
    let count = min(buffer.count, bytes.count - position, piece())
    buffer.copyBytes(from: bytes[position..<position + count])
    position += count
    return count
  }
}

/// Some bytes, then one byte for ever; tells how many were taken.
final class EndlessStream: ByteStream {
  private let start: [UInt8]
  private let byte: UInt8
  private let taken: (Int) -> Void
  private var position = 0

  init(start: [UInt8], byte: UInt8, taken: @escaping (Int) -> Void) {
    (self.start, self.byte, self.taken) = (start, byte, taken)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(KitError) -> Int {
    for index in buffer.indices {
      buffer[index] = position < start.count ? start[position] : byte
      position += 1
    }
    taken(position)
    return buffer.count
  }
}

/// Rows as they were read.
struct Rows: Equatable {
  var pixels: [UInt8] = []
  var labels: [UInt8] = []
}

/// Reads all rows, `limit` at a time, from a stream of pieces of the given sizes.
func readRows(
  _ bytes: [UInt8], name: String = "train.csv", limit: Int = 1000, piece: @escaping () -> Int = { Int.max }
) throws(KitError) -> Rows {
  try readRows(DigitReader(MemoryStream(bytes, piece: piece), name: name), limit: limit)
}

func readRows(_ reader: DigitReader, limit: Int = 1000) throws(KitError) -> Rows {
  var rows = Rows()
  while true {
    let before = rows.pixels.count
    let count = try reader.read(upTo: limit, pixels: &rows.pixels, labels: &rows.labels)
    #expect(rows.pixels.count - before == count * DigitTable.pixelCount)
    if count == 0 { return rows }
  }
}

/// Random rows, two thirds of the pixels 0, as in images of digits.
func randomRows(_ count: Int, seed: UInt64, labelled: Bool = true) -> Rows {
  var stream = RandomStream(Philox(seed: seed), .sample)
  var rows = Rows()
  for _ in 0..<count {
    if labelled { rows.labels.append(UInt8(stream.below(10))) }
    for _ in 0..<DigitTable.pixelCount {
      rows.pixels.append(stream.below(3) > 0 ? 0 : UInt8(stream.below(256)))
    }
  }
  return rows
}

/// A table as CSV, each field changed by `field`, with `newline` at the ends of lines.
func csv(
  _ rows: Rows, firstPixel: Int = 0, newline: String = "\n", field: (String) -> String = { $0 }
) -> [UInt8] {
  let isLabelled = !rows.labels.isEmpty
  var names = (0..<DigitTable.pixelCount).map { "pixel\($0 + firstPixel)" }
  if isLabelled { names.insert("label", at: 0) }
  var text = names.map(field).joined(separator: ",") + newline
  for row in 0..<rows.pixels.count / DigitTable.pixelCount {
    let start = row * DigitTable.pixelCount
    var fields = rows.pixels[start..<start + DigitTable.pixelCount].map { "\($0)" }
    if isLabelled { fields.insert("\(rows.labels[row])", at: 0) }
    text += fields.map(field).joined(separator: ",") + newline
  }
  return Array(text.utf8)
}

/// `bytes` deflated, with gzip's header and trailer or without, as in a zip.
func deflated(_ bytes: [UInt8], gzip: Bool) -> [UInt8] {
  var stream = z_stream()
  let size = Int32(MemoryLayout<z_stream>.size)
  deflateInit2_(&stream, 6, Z_DEFLATED, gzip ? 31 : -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))) + 32)
  let count = input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      stream.next_in = source.baseAddress
      stream.avail_in = uInt(source.count)
      stream.next_out = target.baseAddress
      stream.avail_out = uInt(target.count)
      deflate(&stream, Z_FINISH)
      return Int(stream.total_out)
    }
  }
  deflateEnd(&stream)
  return Array(output[..<count])
}

/// A member for a test's zip, intact or damaged.
struct ZipMember {
  var name: String
  var bytes: [UInt8]
  var method = 8
  var flags = 0
  var checksumError: UInt32 = 0
  var usesZip64 = false
}

func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) } }

/// A zip archive, as PKWARE's APPNOTE describes it.
func zip(_ members: [ZipMember], comment: String = "") -> [UInt8] {
  var archive: [UInt8] = []
  var directory: [UInt8] = []
  for member in members {
    let data = member.method == 8 ? deflated(member.bytes, gzip: false) : member.bytes
    let checksum = UInt32(crc32(0, member.bytes, uInt(member.bytes.count))) ^ member.checksumError
    let offset = archive.count
    let common =
      little(20, 2) + little(member.flags, 2) + little(member.method, 2) + little(0, 4)
      + little(Int(checksum), 4)
    let sizes = little(data.count, 4) + little(member.bytes.count, 4)
    let name = Array(member.name.utf8)
    archive += little(0x0403_4B50, 4) + common + sizes + little(name.count, 2) + little(0, 2) + name + data
    let none = little(0xFFFF_FFFF, 4)
    let extra =
      member.usesZip64
      ? little(1, 2) + little(24, 2) + little(member.bytes.count, 8) + little(data.count, 8)
        + little(offset, 8)
      : []
    directory += little(0x0201_4B50, 4) + little(20, 2) + common + (member.usesZip64 ? none + none : sizes)
    directory += little(name.count, 2) + little(extra.count, 2) + little(0, 2 + 2 + 2 + 4)
    directory += (member.usesZip64 ? none : little(offset, 4)) + name + extra
  }
  let start = archive.count
  archive += directory
  let isLarge = members.contains { $0.usesZip64 }
  if isLarge {
    let record = archive.count
    archive += little(0x0606_4B50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
    archive += little(members.count, 8) + little(members.count, 8) + little(directory.count, 8)
    archive += little(start, 8)
    archive += little(0x0706_4B50, 4) + little(0, 4) + little(record, 8) + little(1, 4)
  }
  archive += little(0x0605_4B50, 4) + little(0, 4) + little(members.count, 2) + little(members.count, 2)
  archive += little(directory.count, 4) + (isLarge ? little(0xFFFF_FFFF, 4) : little(start, 4))
  return archive + little(comment.utf8.count, 2) + Array(comment.utf8)
}
