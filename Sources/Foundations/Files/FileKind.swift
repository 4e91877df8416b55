/// What a file is by its first bytes, if it is something else than the text that a reader wants, and what to do about it.
///
/// The kit's readers ask `FileKind.refusal` with the bytes that they begin with, so that a file given by mistake is called
/// by its name.
public struct FileKind: Equatable, Sendable {
  /// The kind in a sentence: "a Parquet file".
  public let name: String
  private let family: Family

  /// Bytes that are enough to tell.
  public static let enough = 512

  /// What a reader wants, which decides the remedy.
  public enum Wanted: Sendable {
    /// A CSV file.
    case table
    /// A checkpoint, or a training's state.
    case safetensors
    /// A JSON file.
    case json
  }

  /// The error for a file that begins with `bytes`: nil for what may be text, or what `wanted` names.
  public static func refusal(of path: String, startingWith bytes: [UInt8], wanted: Wanted) -> KitError? {
    guard let kind = FileKind(startingWith: bytes), !kind.family.is(wanted) else { return nil }
    return kind.refusal(of: path, wanted: wanted)
  }

  /// The error for a file of this kind.
  public func refusal(of path: String, wanted: Wanted) -> KitError {
    KitError(.badData, "\(path) is \(name); \(remedy(for: wanted))")
  }

  /// The kind of a file that begins with some bytes, at most the first `enough` of which are looked at; nil for a kind that
  /// is not known, as text.
  public init?(startingWith bytes: [UInt8]) {
    let start = Array(bytes.prefix(Self.enough))
    // First, since the length that a safetensors file begins with may be any signature.
    if start.count > 8, start[8] == UInt8(ascii: "{"), start[5..<8].allSatisfy({ $0 == 0 }) {
      self.init("a safetensors file", .safetensors)
      return
    }
    let signed = Self.signatures.first { $0.matches(start) }?.kind
    guard let found = Self.firstMember(start) ?? signed ?? Self.structured(start) else { return nil }
    self = found
  }

  /// The kind of a zip archive by its members' names; nil for one that holds files of its own.
  public init?(zipWith members: [String]) {
    func has(_ test: (String) -> Bool) -> Bool { members.contains(where: test) }
    if has({ $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }) {
      self.init("a PyTorch file", .weights)
    } else if has({ $0.hasSuffix(".npy") }) {
      self.init("a NumPy archive (.npz)", .table)
    } else if has({ $0.hasPrefix("xl/") }) {
      self.init("an Excel workbook (.xlsx)", .table)
    } else if has({ $0 == "content.xml" }) || has({ $0.hasPrefix("Index/") && $0.hasSuffix(".iwa") }) {
      self.init("a spreadsheet", .table)
    } else if has({ $0 == "model.weights.h5" }) {
      self.init("a Keras model", .weights)
    } else if has({ $0.hasPrefix("word/") }) {
      self.init("a Word document", .picture)
    } else {
      return nil
    }
  }

  private init(_ name: String, _ family: Family) {
    self.name = name
    self.family = family
  }

  /// Kinds with the same remedy.
  private enum Family: Equatable {
    case encoding
    /// Compressed, with the command that unpacks it.
    case packed(String)
    case table, picture, weights, page, pointer
    case safetensors, json

    func `is`(_ wanted: Wanted) -> Bool {
      switch (self, wanted) {
      case (.safetensors, .safetensors), (.json, .json): true
      default: false
      }
    }
  }

  private func remedy(for wanted: Wanted) -> String {
    switch family {
    case .encoding: "save it as UTF-8"
    case .packed(let command): "unpack it first (\(command))"
    case .page:
      "a download without signing in gives such a page: sign in and download the file again"
    case .pointer: "fetch the file that it stands for with git lfs pull"
    case .table, .picture, .weights, .safetensors, .json:
      switch wanted {
      case .table where family == .table: "save it as CSV (in pandas: to_csv(…, index=False))"
      case .table: "a CSV file is needed"
      case .safetensors: "a file that kaggle-digits train wrote is needed (.safetensors)"
      case .json: "a JSON file is needed"
      }
    }
  }

  private struct Signature {
    let kind: FileKind
    let bytes: [UInt8]
    var offset = 0

    func matches(_ start: [UInt8]) -> Bool {
      start.count >= offset + bytes.count && start[offset..<offset + bytes.count].elementsEqual(bytes)
    }
  }

  private static func entry(
    _ name: String, _ family: Family, _ bytes: [UInt8], at offset: Int = 0
  ) -> Signature {
    Signature(kind: FileKind(name, family), bytes: bytes, offset: offset)
  }

  /// Signatures at fixed places; of two that match the first counts, so longer ones come first.
  private static let signatures: [Signature] = [
    entry("UTF-32 text", .encoding, [0xFF, 0xFE, 0, 0]), entry("UTF-32 text", .encoding, [0, 0, 0xFE, 0xFF]),
    entry("UTF-16 text", .encoding, [0xFF, 0xFE]), entry("UTF-16 text", .encoding, [0xFE, 0xFF]),
    entry("an xz file", .packed("xz -d"), [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
    entry("a bzip2 file", .packed("bunzip2"), Array("BZh".utf8)),
    entry("a Zstandard file", .packed("zstd -d"), [0x28, 0xB5, 0x2F, 0xFD]),
    entry("an LZ4 file", .packed("lz4 -d"), [0x04, 0x22, 0x4D, 0x18]),
    entry("a 7z archive", .packed("7z x"), [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
    entry("a RAR archive", .packed("unrar x"), Array("Rar!".utf8)),
    entry("a gzip file", .packed("gunzip"), [0x1F, 0x8B]),
    entry("a zip archive", .packed("unzip"), [0x50, 0x4B, 3, 4]),
    entry("a zip archive", .packed("unzip"), [0x50, 0x4B, 5, 6]),
    entry("a tar archive", .packed("tar -xf"), Array("ustar".utf8), at: 257),
    entry("a Parquet file", .table, Array("PAR1".utf8)), entry("a Feather file", .table, Array("FEA1".utf8)),
    entry("an Arrow (Feather) file", .table, Array("ARROW1".utf8)),
    entry("an Arrow stream", .table, [0xFF, 0xFF, 0xFF, 0xFF]),
    entry("an HDF5 file", .table, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]),
    entry("a NumPy file (.npy)", .table, [0x93] + Array("NUMPY".utf8)),
    entry("an Excel workbook (.xls)", .table, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]),
    entry("an SQLite database", .table, Array("SQLite format 3".utf8)),
    entry("a MATLAB file", .table, Array("MATLAB 5.0".utf8)),
    entry("an R data file", .table, Array("RDX".utf8)),
    entry("a Git LFS pointer", .pointer, Array("version https://git-lfs".utf8)),
    entry("a PNG image", .picture, [0x89, 0x50, 0x4E, 0x47]),
    entry("a JPEG image", .picture, [0xFF, 0xD8, 0xFF]),
    entry("a GIF image", .picture, Array("GIF8".utf8)),
    entry("a TIFF image", .picture, [0x49, 0x49, 0x2A, 0]),
    entry("a PDF document", .picture, Array("%PDF".utf8)),
    entry("a program", .picture, [0x7F] + Array("ELF".utf8)),
  ]

  /// The kind of a zip archive by its first member's name, which is in that member's header (APPNOTE.TXT 4.3.7).
  private static func firstMember(_ start: [UInt8]) -> FileKind? {
    guard start.starts(with: [0x50, 0x4B, 3, 4]), start.count >= 30 else { return nil }
    let end = min(start.count, 30 + Int(start[26]) + Int(start[27]) << 8)
    return FileKind(zipWith: [String(decoding: start[30..<end], as: UTF8.self)])
  }

  /// Kinds that are told by more than a signature.
  private static func structured(_ start: [UInt8]) -> FileKind? {
    guard start.count >= 4 else { return nil }
    // IDX, MNIST's own format: two zeros, a type, the number of dimensions.
    if start[0] == 0, start[1] == 0, (0x08...0x0E).contains(start[2]), (1...4).contains(start[3]) {
      return FileKind("an IDX file (as MNIST's own)", .table)
    }
    // Pickle: its protocol from 2, then an opcode. 0x80 begins no text.
    if start[0] == 0x80, (2...5).contains(start[1]) { return FileKind("a Python pickle", .table) }
    // UTF-16 and UTF-32 without a mark: letters of ASCII with zeros between them.
    if start[0] == 0 && start[1] != 0 || start[0] != 0 && start[1] == 0 {
      let letters = start.prefix(64).filter { $0 != 0 }
      if letters.count >= 3, letters.allSatisfy({ (0x20...0x7E).contains($0) }) {
        return FileKind(start[2] == 0 && start[3] == 0 ? "UTF-32 text" : "UTF-16 text", .encoding)
      }
    }
    return text(start)
  }

  private static func text(_ start: [UInt8]) -> FileKind? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let body = start.drop { $0 <= 0x20 || mark.contains($0) }
    switch body.first {
    case UInt8(ascii: "<"):
      let isXML = body.starts(with: "<?xml".utf8) || body.starts(with: "<svg".utf8)
      return isXML ? FileKind("an XML file", .picture) : FileKind("an HTML page", .page)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return FileKind("a JSON file", .json)
    default: return nil
    }
  }
}
