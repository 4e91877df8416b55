import Foundations

/// Two files that should have the same bytes.
public enum FileComparison: Sendable, Equatable {
  /// They have.
  case same
  /// They have not; where they first differ, in words.
  case different(String)
  /// The first is not there.
  case missing

  /// Compares a file with the one that was made again.
  ///
  /// - Throws: `missingInput` if the second can't be read, `badData` if one is larger than any file of a run.
  public init(of original: String, with again: String) throws(KitError) {
    guard fileExists(original) else {
      self = .missing
      return
    }
    let limit = 1 << 32
    let first = try InputFile.bytes(ofFileAt: original, limit: limit)
    let second = try InputFile.bytes(ofFileAt: again, limit: limit)
    let common = min(first.count, second.count)
    var place = 0
    while place < common && first[place] == second[place] { place += 1 }
    if place == common && first.count == second.count {
      self = .same
    } else if place == common {
      self = .different("it has \(grouped(first.count)) bytes, reproduced \(grouped(second.count))")
    } else if original.hasSuffix(".safetensors") {
      self = .different(Self.tensorPlace(place, first, second))
    } else {
      self = .different(Self.linePlace(place, first, second))
    }
  }

  /// The line of a text, with what both say there.
  private static func linePlace(_ place: Int, _ first: [UInt8], _ second: [UInt8]) -> String {
    let newline = UInt8(ascii: "\n")
    let start = (first[..<place].lastIndex(of: newline) ?? -1) + 1
    func line(_ bytes: [UInt8]) -> String {
      let text = String(decoding: bytes[start...].prefix { $0 != newline }.prefix(80), as: UTF8.self)
      return "'\(text)'"
    }
    let number = first[..<place].count { $0 == newline } + 1
    return "line \(number) is \(line(first)), reproduced \(line(second))"
  }

  /// The tensor and its element, by the header of the file that was made again.
  private static func tensorPlace(_ place: Int, _ first: [UInt8], _ second: [UInt8]) -> String {
    let elsewhere = "byte \(grouped(place)) differs, in the file's header"
    guard min(first.count, second.count) > 8 else { return elsewhere }
    let size = (0..<8).reversed().reduce(0) { $0 << 8 | Int(second[$1] & ($1 == 7 ? 0x7F : 0xFF)) }
    guard place >= 8, size <= min(first.count, second.count) - 8,
      let header = try? JSON.parse(Array(second[8..<8 + size]), from: "header"),
      case .object(let tensors) = header
    else { return elsewhere }
    // The header has a checksum and scores, which differ whenever a value does.
    var place = max(place, 8 + size)
    while place < min(first.count, second.count) && first[place] == second[place] { place += 1 }
    let offset = place - 8 - size
    for (name, tensor) in tensors where name != "__metadata__" {
      guard let ends = tensor["data_offsets"]?.array?.compactMap(\.integer), ends.count == 2,
        ends[0] <= offset, offset < ends[1], let type = tensor["dtype"]?.string
      else { continue }
      let width = type == "U8" ? 1 : type == "F32" ? 4 : 8
      let element = (offset - ends[0]) / width
      let start = 8 + size + ends[0] + element * width
      guard type == "F32", start + 4 <= min(first.count, second.count) else {
        return "element \(grouped(element)) of tensor \(name) differs"
      }
      return
        "element \(grouped(element)) of tensor \(name) is \(float(first, start)), reproduced \(float(second, start))"
    }
    return elsewhere
  }

  private static func float(_ bytes: [UInt8], _ start: Int) -> Float {
    Float(bitPattern: (0..<4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[start + $1]) })
  }
}
