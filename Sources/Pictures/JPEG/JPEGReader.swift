import Foundations

/// A JPEG file (ITU-R T.81): its segments in order, up to the end marker.
///
/// Baseline, extended sequential and progressive files of 8 bits with Huffman coding. Only what makes the grey picture is
/// decoded: the luma, or the three colours of an RGB file. What follows the end marker is not read.
struct JPEGReader {
  /// The most scans of a file; usual progressive ones have ten.
  private static let mostScans = 100

  private let bytes: [UInt8]
  private let name: String
  private var position = 2
  private var tables = JPEGTables()
  private var frame: JPEGFrame?
  private var image: JPEGImage?
  private var scans = 0
  private var hasJFIF = false
  private var adobeTransform: UInt8?
  private var orientation = Orientation.upright

  /// The picture of a file.
  static func picture(_ bytes: [UInt8], named name: String) throws(KitError) -> Picture {
    var reader = Self(bytes: bytes, name: name)
    return try reader.picture()
  }

  private init(bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  private mutating func picture() throws(KitError) -> Picture {
    while true {
      let marker = try nextMarker()
      if marker == 0xD9 { break }
      // Markers without a segment: TEM, and restarts after the end of a scan.
      if marker == 0x01 || (0xD0...0xD7).contains(marker) { continue }
      let segment = try nextSegment()
      switch marker {
      case 0xC4: try tables.readHuffman(bytes, segment, name)
      case 0xDB: try tables.readQuantization(bytes, segment, name)
      case 0xDD:
        guard segment.count >= 2 else { throw damaged(name, at: segment.lowerBound, "a restart interval") }
        tables.restartInterval = Int(bytes[segment.lowerBound]) << 8 | Int(bytes[segment.lowerBound + 1])
      case 0xC0, 0xC1, 0xC2: try startFrame(segment, isProgressive: marker == 0xC2)
      case 0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: throw unusual(marker, at: segment.lowerBound)
      case 0xDA: try readScan(segment)
      case 0xD8: throw damaged(name, at: segment.lowerBound, "a second picture starts within the first")
      case 0xE0: hasJFIF = hasJFIF || bytes[segment].starts(with: Array("JFIF\0".utf8))
      case 0xE1:
        let mark = Array("Exif\0\0".utf8)
        if bytes[segment].starts(with: mark) {
          orientation = Orientation(exif: bytes[segment].dropFirst(mark.count))
        }
      case 0xEE:
        if segment.count >= 12, bytes[segment].starts(with: Array("Adobe".utf8)) {
          adobeTransform = bytes[segment.lowerBound + 11]
        }
      default: break
      }
    }
    guard var image, let frame else { throw damaged(name, at: position, "there are no pixels") }
    return orientation.applied(to: try image.picture(frame, at: position))
  }

  /// Goes to the next marker and behind it; bytes in front of it are skipped, as between a scan and the next segment.
  private mutating func nextMarker() throws(KitError) -> UInt8 {
    while position + 1 < bytes.count {
      let second = bytes[position + 1]
      if bytes[position] == 0xFF, second != 0, second != 0xFF {
        position += 2
        return second
      }
      position += 1
    }
    throw truncated(name, at: bytes.count)
  }

  /// The place of the contents of the segment whose length is next; goes behind it.
  private mutating func nextSegment() throws(KitError) -> Range<Int> {
    guard position + 2 <= bytes.count else { throw truncated(name, at: bytes.count) }
    let count = Int(bytes[position]) << 8 | Int(bytes[position + 1])
    guard count >= 2 else { throw damaged(name, at: position, "a segment of \(count) bytes") }
    guard count <= bytes.count - position else { throw truncated(name, at: bytes.count) }
    defer { position += count }
    return position + 2..<position + count
  }

  private mutating func startFrame(_ segment: Range<Int>, isProgressive: Bool) throws(KitError) {
    guard frame == nil else { throw damaged(name, at: segment.lowerBound, "a second frame") }
    let frame = try JPEGFrame(bytes, segment, isProgressive: isProgressive, name: name)
    let colours = try frame.colours(
      hasJFIF: hasJFIF, adobeTransform: adobeTransform, name, at: segment.lowerBound)
    image = try JPEGImage(frame, colours, name: name)
    self.frame = frame
  }

  private mutating func readScan(_ segment: Range<Int>) throws(KitError) {
    guard let frame, image != nil else {
      throw damaged(name, at: segment.lowerBound, "a scan before the frame's header")
    }
    scans += 1
    guard scans <= Self.mostScans else {
      throw damaged(name, at: segment.lowerBound, "more than \(Self.mostScans) scans")
    }
    let scan = try JPEGScan(bytes, segment, frame, name)
    // Scans of colour alone have nothing to say; the next marker is searched.
    guard let wanted = image?.wants, scan.components.contains(where: { wanted.contains($0) }) else { return }
    var bits = EntropyBits(bytes, from: position)
    try image?.read(scan, frame, tables, &bits)
    position = bits.position
  }

  /// The error of a coding that is in the standard and in no ordinary file.
  private func unusual(_ marker: UInt8, at position: Int) -> KitError {
    let what =
      switch marker {
      case 0xC3, 0xC7, 0xCB, 0xCF: "lossless"
      case 0xC9, 0xCA: "arithmetic"
      default: "hierarchical"
      }
    return KitError(
      .badData,
      "\(name): byte \(position): \(what) JPEG coding can't be read; convert the picture to PNG or an ordinary JPEG"
    )
  }
}
