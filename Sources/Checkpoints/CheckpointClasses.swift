import Foundations

/// The classes in a checkpoint's metadata: their number, and their names if these are more than numbers.
extension Classes {
  static let namesKey = "class_names"

  /// The names as metadata have them, a JSON array; nil if they are the classes' numbers.
  var namesText: String? { areNumbers ? nil : json.serialized(pretty: false) }

  /// Reads the classes of a checkpoint; nil if they are none that a network can tell apart.
  init?(ofCheckpoint metadata: [String: String]) {
    guard let count = metadata["classes"].flatMap({ Int($0) }), Self.possible.contains(count) else {
      return nil
    }
    guard let text = metadata[Self.namesKey] else {
      self.init(count: count)
      return
    }
    guard let json = try? JSON.parse(Array(text.utf8), from: Self.namesKey), json.array?.count == count else {
      return nil
    }
    self.init(json)
  }
}
