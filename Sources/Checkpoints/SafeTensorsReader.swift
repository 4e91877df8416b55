import Foundations

extension SafeTensors {
  /// Reads a file. Fails with `missingInput` if it can't be read, with `badData` and the reason if it breaks a
  /// rule of the format, holds other types than F32, F64, I64 and U8, or is not what its checksum says.
  public init(reading path: String) throws(KitError) {
    try self.init(parsing: try Self.bytes(ofFileAt: path), from: path)
  }

  /// A file's bytes; they are read after the header, which says how many there are: a wrong file of any size is refused
  /// by its first bytes.
  ///
  /// - Throws: `missingInput` if it can't be read, `badData` if its header breaks a rule of the format or tells of another
  ///   size than the file's.
  static func bytes(ofFileAt path: String) throws(KitError) -> [UInt8] {
    let (header, fileSize) = try headerBytes(ofFileAt: path)
    _ = try Header(of: header, fileSize: fileSize, path)
    return try InputFile.bytes(ofFileAt: path, limit: fileSize)
  }

  /// A file's metadata, from its header alone, however large its tensors are.
  ///
  /// - Throws: `missingInput` if the file can't be read, `badData` if its header breaks a rule of the format.
  public static func metadata(ofFileAt path: String) throws(KitError) -> [String: String] {
    let header = try headerBytes(ofFileAt: path).header
    let value = try JSON.parse(Array(header[8...]), from: "\(path): header")[metadataKey]
    return try value.map { value throws(KitError) in try metadata(value, path) }?
      .filter { $0.key != checksumKey } ?? [:]
  }

  /// Reads a file's bytes; `source` is the file's name in messages.
  public init(parsing bytes: [UInt8], from source: String) throws(KitError) {
    let length = try Self.headerLength(bytes, fileSize: bytes.count, source)
    let header = try Header(of: bytes[..<(8 + length)], fileSize: bytes.count, source)
    try Self.requireChecksum(header.metadata, of: bytes, header: 8..<8 + length, source)
    var tensors: [String: Tensor] = [:]
    for place in header.places {
      let begin = 8 + length + place.begin
      let slice = bytes[begin..<begin + place.byteCount]
      tensors[place.name] = Tensor(shape: place.shape, values: place.type.values(slice))
    }
    metadata = header.metadata.filter { $0.key != Self.checksumKey }
    self.tensors = tensors
    self.source = source
  }

  /// What stands before the values, checked against the file's size.
  private struct Header {
    var metadata: [String: String] = [:]
    var places: [Place] = []

    /// Reads the header from a file's first bytes, which end with it.
    init(of bytes: ArraySlice<UInt8>, fileSize: Int, _ source: String) throws(KitError) {
      guard case .object(let members) = try JSON.parse(Array(bytes[8...]), from: "\(source): header") else {
        throw refused(source, "the header is not an object")
      }
      let dataCount = fileSize - bytes.count
      for (name, value) in members {
        if name == metadataKey {
          metadata = try SafeTensors.metadata(value, source)
        } else {
          places.append(try Place(name, value, byteCount: dataCount, source))
        }
      }
      try requireContiguous(places, byteCount: dataCount, source)
    }
  }

  /// The header's length and the header of a file, and the file's size.
  private static func headerBytes(
    ofFileAt path: String
  ) throws(KitError) -> (header: ArraySlice<UInt8>, fileSize: Int) {
    let size = try InputFile.size(ofFileAt: path)
    let start = try InputFile.firstBytes(FileKind.enough, ofFileAt: path)
    if let refusal = FileKind.refusal(of: path, startingWith: start, wanted: .safetensors) { throw refusal }
    let length = try headerLength(Array(start.prefix(9)), fileSize: size, path)
    return (try InputFile.firstBytes(8 + length, ofFileAt: path)[...], size)
  }

  /// The header's length in bytes, which the file's first eight bytes give; `bytes` are the first nine or more.
  private static func headerLength(
    _ bytes: [UInt8], fileSize: Int, _ source: String
  ) throws(KitError) -> Int {
    guard bytes.count >= 8 else {
      throw refused(source, "\(bytes.count) bytes are too few for a safetensors file; is it truncated?")
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= largestHeader else {
      throw refused(
        source,
        "a header of \(length) bytes is beyond the \(largestHeader) that a checkpoint's may have; is it a safetensors file?"
      )
    }
    guard length <= fileSize - 8 else {
      throw refused(
        source,
        "the header has \(length) bytes, but only \(fileSize - 8) follow its length; is the file truncated?")
    }
    guard length > 0, bytes.count > 8, bytes[8] == UInt8(ascii: "{") else {
      throw refused(source, "the header does not begin with a brace")
    }
    return Int(length)
  }

  /// 4 MiB: more than the tensors of the longest notation need. Other formats' first bytes don't pass for a length.
  private static let largestHeader = 1 << 22

  private static func metadata(_ value: JSON, _ source: String) throws(KitError) -> [String: String] {
    guard case .object(let members) = value else { throw refused(source, "__metadata__ is not an object") }
    var metadata: [String: String] = [:]
    for (key, value) in members {
      guard let text = value.string else { throw refused(source, "__metadata__ \(key) is not a string") }
      metadata[key] = text
    }
    return metadata
  }

  /// Each tensor must begin where the one before ends, and the last end with the file.
  private static func requireContiguous(_ places: [Place], byteCount: Int, _ source: String) throws(KitError)
  {
    var end = 0
    for place in places.sorted(by: { ($0.begin, $0.byteCount) < ($1.begin, $1.byteCount) }) {
      guard place.begin == end else {
        let fault = place.begin < end ? "overlaps the tensor before it" : "leaves a gap before it"
        throw refused(source, "tensor \(place.name) \(fault): it begins at \(place.begin), expected \(end)")
      }
      end += place.byteCount
    }
    guard end == byteCount else {
      throw refused(source, "\(byteCount - end) bytes follow the last tensor")
    }
  }
}

/// What the header says of one tensor, checked by itself: it lies within the data and fits its shape.
private struct Place {
  let name: String
  let type: SafeTensors.ElementType
  let shape: [Int]
  let begin: Int
  let byteCount: Int

  init(_ name: String, _ value: JSON, byteCount available: Int, _ source: String) throws(KitError) {
    guard case .object(let fields) = value, fields.count == 3 else {
      throw refused(source, "tensor \(name) needs dtype, shape and data_offsets, and nothing else")
    }
    guard let typeName = value["dtype"]?.string else { throw refused(source, "tensor \(name) has no dtype") }
    guard let type = SafeTensors.ElementType(rawValue: typeName) else {
      throw refused(source, "tensor \(name) is of type \(typeName); known are F32, F64, I64 and U8")
    }
    guard let shape = Self.counts(value["shape"]) else {
      throw refused(source, "tensor \(name)'s shape is not a list of whole numbers from 0")
    }
    guard let offsets = Self.counts(value["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1]
    else {
      throw refused(source, "tensor \(name)'s data_offsets are not two whole numbers in order")
    }
    guard offsets[1] <= available else {
      throw refused(
        source, "tensor \(name) ends at byte \(offsets[1]) of \(available) of data; is the file truncated?")
    }
    var needed = type.size
    for dimension in shape {
      let (product, overflows) = needed.multipliedReportingOverflow(by: dimension)
      if overflows { throw refused(source, "tensor \(name)'s shape \(shape) is too large") }
      needed = product
    }
    guard needed == offsets[1] - offsets[0] else {
      throw refused(
        source,
        "tensor \(name) of \(typeName) \(shape) needs \(needed) bytes and has \(offsets[1] - offsets[0])")
    }
    (self.name, self.type, self.shape) = (name, type, shape)
    (begin, byteCount) = (offsets[0], needed)
  }

  private static func counts(_ value: JSON?) -> [Int]? {
    guard let elements = value?.array else { return nil }
    let counts = elements.compactMap(\.integer)
    return counts.count == elements.count && counts.allSatisfy { $0 >= 0 } ? counts : nil
  }
}

extension SafeTensors.ElementType {
  /// Values out of a file's bytes, which need not be aligned.
  fileprivate func values(_ bytes: ArraySlice<UInt8>) -> SafeTensors.Values {
    switch self {
    case .float32: .float32(elements(bytes))
    case .float64: .float64(elements(bytes))
    case .int64: .int64(elements(bytes))
    case .uint8: .uint8(Array(bytes))
    }
  }

  private func elements<Element: BitwiseCopyable>(_ bytes: ArraySlice<UInt8>) -> [Element] {
    let count = bytes.count / MemoryLayout<Element>.size
    // The standard library would write the count of an array that all empty ones share.
    if count == 0 { return [] }
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      initialized = count
    }
  }
}

private func refused(_ source: String, _ reason: String) -> KitError {
  KitError(.badData, "\(source): \(reason)")
}
