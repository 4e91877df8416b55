import Foundations

#if _endian(big)
  #error("safetensors files are little-endian, and values are copied as they lie in memory")
#endif

/// A file of named tensors with string metadata (the public safetensors format).
///
/// The file is the header's length (8 bytes, little-endian), the header (JSON, padded with spaces to a multiple
/// of 8) and the tensors' values, row-major and little-endian, with no gap between them and nothing after them.
/// https://github.com/huggingface/safetensors
public struct SafeTensors: Sendable {
  /// A tensor's values, of one of the types that the kit stores.
  public enum Values: Sendable, Equatable {
    case float32([Float])
    case float64([Double])
    case int64([Int64])
    case uint8([UInt8])
  }

  /// The types' names in the header.
  enum ElementType: String {
    case float32 = "F32"
    case float64 = "F64"
    case int64 = "I64"
    case uint8 = "U8"

    /// Bytes a value.
    var size: Int {
      switch self {
      case .float64, .int64: 8
      case .float32: 4
      case .uint8: 1
      }
    }
  }

  /// A tensor: its dimensions, outermost first (none for a scalar), and its values in row-major order.
  public struct Tensor: Sendable, Equatable {
    /// The dimensions, outermost first.
    public let shape: [Int]
    /// As many values as the dimensions' product.
    public let values: Values

    /// A tensor; that the shape fits the values is the caller's duty.
    public init(shape: [Int], values: Values) {
      precondition(
        shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == values.count,
        "shape \(shape) does not fit \(values.count) values")
      self.shape = shape
      self.values = values
    }
  }

  /// What describes the whole file, by key.
  public var metadata: [String: String]
  /// The tensors by name; `__metadata__` is not a name for a tensor.
  public var tensors: [String: Tensor]
  /// The file these were read from, for messages.
  public let source: String

  /// Tensors that were made rather than read.
  public init(metadata: [String: String] = [:], tensors: [String: Tensor] = [:]) {
    self.metadata = metadata
    self.tensors = tensors
    source = "safetensors"
  }

  /// The file's bytes: the same for the same names, tensors and metadata.
  ///
  /// The header's keys are sorted by their bytes (so `layers.10` comes before `layers.9`). Values lie in that
  /// order too, those of wider types first, so that every tensor begins at a multiple of its type's size.
  public func serialized() -> [UInt8] {
    precondition(tensors[Self.metadataKey] == nil, "\(Self.metadataKey) is not a name for a tensor")
    let names = Self.sorted(tensors.keys)
    var offsets: [String: JSON] = [:]
    var placed: [Values] = []
    var dataCount = 0
    for size in [8, 4, 1] {
      for name in names {
        guard let values = tensors[name]?.values, values.type.size == size else { continue }
        let begin = dataCount
        dataCount += values.count * size
        offsets[name] = .array([.integer(begin), .integer(dataCount)])
        placed.append(values)
      }
    }
    var members: [(key: String, value: JSON)] = []
    for name in Self.sorted(names + (metadata.isEmpty ? [] : [Self.metadataKey])) {
      if let tensor = tensors[name], let place = offsets[name] {
        let fields: [(key: String, value: JSON)] = [
          ("data_offsets", place), ("dtype", .string(tensor.values.type.rawValue)),
          ("shape", .array(tensor.shape.map { .integer($0) })),
        ]
        members.append((name, .object(fields)))
      } else {
        let entries = Self.sorted(metadata.keys).map { (key: $0, value: JSON.string(metadata[$0] ?? "")) }
        members.append((name, .object(entries)))
      }
    }
    var header = Array(JSON.object(members).serialized(pretty: false).utf8)
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    var bytes: [UInt8] = []
    // At once, since a state is large: growing arrays are copied, and take twice the memory.
    bytes.reserveCapacity(8 + header.count + dataCount)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes += header
    for values in placed { values.append(to: &bytes) }
    return bytes
  }

  /// Writes the file with a checksum that reading checks, whole or not at all.
  ///
  /// - Throws: `cannotWrite`; `failure` if the system does not give the memory.
  public func write(to path: String, replacing: Bool) throws(KitError) {
    let count = tensors.values.reduce(0) { $0 + $1.values.count * $1.values.type.size }
    try requireAllocation(of: count, for: "writing \(path)")
    try WholeFile.write(sealed(), to: path, replacing: replacing)
  }

  /// Refuses weights that are NaN or infinite (`badData`), with the tensor's name.
  public func requireFinite() throws(KitError) {
    for name in Self.sorted(tensors.keys) {
      let place: Int?
      switch tensors[name]?.values {
      case .float32(let values): place = values.firstIndex { !$0.isFinite }
      case .float64(let values): place = values.firstIndex { !$0.isFinite }
      default: place = nil
      }
      if let place {
        throw KitError(
          .badData, "\(source): tensor \(name) has a value that is not finite, at index \(place)")
      }
    }
  }

  /// The float32 values of a tensor that must have this shape. Fails with `badData` if it is not there, or of
  /// another shape or type; the other types' functions do likewise.
  public func float32(_ name: String, shape: [Int]) throws(KitError) -> [Float] {
    guard case .float32(let values)? = tensors[name]?.values, tensors[name]?.shape == shape else {
      throw unfit(name, .float32, shape)
    }
    return values
  }

  /// The float64 values of a tensor that must have this shape.
  public func float64(_ name: String, shape: [Int]) throws(KitError) -> [Double] {
    guard case .float64(let values)? = tensors[name]?.values, tensors[name]?.shape == shape else {
      throw unfit(name, .float64, shape)
    }
    return values
  }

  /// The int64 values of a tensor that must have this shape.
  public func int64(_ name: String, shape: [Int]) throws(KitError) -> [Int64] {
    guard case .int64(let values)? = tensors[name]?.values, tensors[name]?.shape == shape else {
      throw unfit(name, .int64, shape)
    }
    return values
  }

  /// The uint8 values of a tensor that must have this shape.
  public func uint8(_ name: String, shape: [Int]) throws(KitError) -> [UInt8] {
    guard case .uint8(let values)? = tensors[name]?.values, tensors[name]?.shape == shape else {
      throw unfit(name, .uint8, shape)
    }
    return values
  }

  private func unfit(_ name: String, _ type: ElementType, _ shape: [Int]) -> KitError {
    guard let tensor = tensors[name] else {
      return KitError(.badData, "\(source): tensor \(name) is missing")
    }
    return KitError(
      .badData,
      "\(source): tensor \(name) is \(tensor.values.type.rawValue) \(tensor.shape); expected \(type.rawValue) \(shape)"
    )
  }

  static let metadataKey = "__metadata__"

  /// Sorted by UTF-8 bytes, whatever the language or the version of Unicode.
  private static func sorted(_ names: some Sequence<String>) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

extension SafeTensors.Values {
  /// The number of values.
  public var count: Int {
    switch self {
    case .float32(let values): values.count
    case .float64(let values): values.count
    case .int64(let values): values.count
    case .uint8(let values): values.count
    }
  }

  /// The values' type.
  var type: SafeTensors.ElementType {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int64: .int64
    case .uint8: .uint8
    }
  }

  fileprivate func append(to bytes: inout [UInt8]) {
    switch self {
    case .float32(let values): values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    case .float64(let values): values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    case .int64(let values): values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    case .uint8(let values): bytes.append(contentsOf: values)
    }
  }
}
