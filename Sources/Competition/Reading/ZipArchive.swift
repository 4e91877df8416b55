import CZlib
import Foundations

/// A zip archive's members, as its central directory lists them, and their contents as streams.
///
/// The format is PKWARE's APPNOTE.TXT 6.3; numbers in the comments are its sections.
struct ZipArchive {
  /// An entry of the central directory (4.3.12).
  struct Member {
    let name: String
    fileprivate let isEncrypted: Bool
    fileprivate let method: Int
    fileprivate let checksum: UInt32
    fileprivate let compressedSize: Int
    fileprivate let size: Int
    fileprivate let headerOffset: Int
  }

  /// The members that are files, not folders, in the directory's order.
  let members: [Member]
  private let file: FileBytes
  /// The archive.
  var path: String { file.path }
  /// The end of the members' data.
  private let directoryOffset: Int

  /// Reads an archive's central directory. Throws `badData` if it is not a zip archive or is damaged.
  init(_ file: FileBytes) throws(KitError) {
    self.file = file
    let tailSize = min(file.size, 22 + 0xFFFF)
    let tail = try file.bytes(from: file.size - tailSize, count: tailSize)
    // The end record (4.3.16) is the last one whose comment ends exactly at the file's end; if there is none, the last one
    // that is whole, with other bytes after the archive.
    func lastRecord(_ isEnd: (Int) -> Bool) -> Int? {
      stride(from: tailSize - 22, through: 0, by: -1).first { start in
        tail.word(at: start) == 0x0605_4B50 && isEnd(start + 22 + tail.half(at: start + 20))
      }
    }
    guard let end = lastRecord({ $0 == tailSize }) ?? lastRecord({ $0 < tailSize }) else {
      throw KitError(.badData, "\(file.path) is not a zip archive, or is truncated; download it again")
    }
    var directorySize = tail.word(at: end + 12)
    var directoryOffset = tail.word(at: end + 16)
    if directoryOffset == 0xFFFF_FFFF || directorySize == 0xFFFF_FFFF, end >= 20,
      tail.word(at: end - 20) == 0x0706_4B50
    {
      // Zip64: before it a locator (4.3.15) says where the larger end record (4.3.14) is.
      let offset = tail.long(at: end - 12)
      guard offset >= 0, offset <= file.size - 56 else { throw damaged(file.path) }
      let record = try file.bytes(from: offset, count: 56)
      guard record.word(at: 0) == 0x0606_4B50 else { throw damaged(file.path) }
      directorySize = record.long(at: 40)
      directoryOffset = record.long(at: 48)
    }
    // No competition has many thousands of members; the bound keeps memory small.
    guard directoryOffset >= 0, directorySize >= 0, directorySize <= 1 << 24,
      directoryOffset <= file.size - directorySize
    else { throw damaged(file.path) }
    let directory = try file.bytes(from: directoryOffset, count: directorySize)
    self.directoryOffset = directoryOffset
    members = try Self.members(in: directory, of: file.path)
  }

  /// A member's bytes, inflated if they are compressed; size and checksum are checked at the end.
  ///
  /// Throws `badData` if the member is encrypted, compressed by another method than deflate, or damaged.
  func contents(of member: Member, name: String) throws(KitError) -> any ByteStream {
    if member.isEncrypted {
      throw KitError(.badData, "\(name) is encrypted; unpack the archive with its password first")
    }
    guard member.method == 0 || member.method == 8 else {
      throw KitError(
        .badData,
        "\(name) uses zip compression method \(member.method), which can't be read; unpack the archive first")
    }
    guard member.headerOffset >= 0, member.headerOffset <= directoryOffset - 30 else { throw damaged(name) }
    // The local header (4.3.7) has a name and an extra field of its own lengths.
    let header = try file.bytes(from: member.headerOffset, count: 30)
    let start = member.headerOffset + 30 + header.half(at: 26) + header.half(at: 28)
    guard header.word(at: 0) == 0x0403_4B50, member.compressedSize >= 0,
      member.compressedSize <= directoryOffset - start
    else { throw damaged(name) }
    file.select(from: start, count: member.compressedSize)
    let bytes: any ByteStream =
      member.method == 0 ? file : try Inflater(file, wrapping: .none, name: name)
    return CheckedBytes(bytes, size: member.size, checksum: member.checksum, name: name)
  }

  private static func members(in directory: [UInt8], of path: String) throws(KitError) -> [Member] {
    var members: [Member] = []
    var start = 0
    while start < directory.count {
      guard directory.count - start >= 46, directory.word(at: start) == 0x0201_4B50 else {
        throw damaged(path)
      }
      let nameEnd = start + 46 + directory.half(at: start + 28)
      let extraEnd = nameEnd + directory.half(at: start + 30)
      let next = extraEnd + directory.half(at: start + 32)
      guard next <= directory.count else { throw damaged(path) }
      // Some programs of Windows write folders with backslashes.
      let name = String(decoding: directory[start + 46..<nameEnd], as: UTF8.self).replacing("\\", with: "/")
      var sizes = [
        directory.word(at: start + 24), directory.word(at: start + 20), directory.word(at: start + 42),
      ]
      enlarge(&sizes, from: Array(directory[nameEnd..<extraEnd]))
      if !name.hasSuffix("/") {
        members.append(
          Member(
            name: name,
            isEncrypted: directory.half(at: start + 8) & 1 != 0,
            method: directory.half(at: start + 10),
            checksum: UInt32(directory.word(at: start + 16)),
            compressedSize: sizes[1],
            size: sizes[0],
            headerOffset: sizes[2]))
      }
      start = next
    }
    return members
  }

  /// Replaces the numbers that don't fit in 32 bits by those of the zip64 extra field (4.5.3): the size, the compressed
  /// size and the header's offset. The field holds only those that don't fit.
  private static func enlarge(_ sizes: inout [Int], from extra: [UInt8]) {
    var field = 0
    while extra.count - field >= 4 {
      let end = field + 4 + extra.half(at: field + 2)
      guard end <= extra.count else { return }
      if extra.half(at: field) == 1 {
        var value = field + 4
        for index in sizes.indices where sizes[index] == 0xFFFF_FFFF && end - value >= 8 {
          sizes[index] = extra.long(at: value)
          value += 8
        }
      }
      field = end
    }
  }
}

/// A zip member's bytes; at their end it throws `badData` if their number or CRC-32 is not what the directory says.
private final class CheckedBytes: ByteStream {
  private let source: any ByteStream
  private let size: Int
  private let checksum: UInt32
  private let name: String
  private var count = 0
  private var sum: uLong = 0

  init(_ source: any ByteStream, size: Int, checksum: UInt32, name: String) {
    self.source = source
    self.size = size
    self.checksum = checksum
    self.name = name
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(KitError) -> Int {
    let read = try source.read(into: buffer)
    count += read
    sum = crc32_z(sum, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), read)
    // More than was declared ends the reading: a small archive can hold terabytes.
    if count > size || read == 0 && (count != size || UInt32(truncatingIfNeeded: sum) != checksum) {
      throw KitError(.badData, "\(name) is damaged (wrong length or checksum); download it again")
    }
    return read
  }
}

private func damaged(_ name: String) -> KitError {
  KitError(.badData, "\(name) is damaged (inconsistent zip headers); download it again")
}

/// Little-endian numbers of two, four and eight bytes.
extension [UInt8] {
  fileprivate func half(at index: Int) -> Int { Int(self[index]) | Int(self[index + 1]) << 8 }
  fileprivate func word(at index: Int) -> Int { half(at: index) | half(at: index + 2) << 16 }
  fileprivate func long(at index: Int) -> Int { word(at: index) | word(at: index + 4) << 32 }
}
