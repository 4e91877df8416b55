extension JSON {
  /// An object's member as `parse` reads it: `try json.required("rows", from: path, \.integer)`.
  ///
  /// - Parameter source: the file's name in messages.
  /// - Throws: `badData` if the member is missing or `parse` gives nil.
  public func required<Value>(
    _ key: String, from source: String, _ parse: (JSON) -> Value?
  ) throws(KitError) -> Value {
    guard let value = self[key].flatMap(parse) else {
      throw KitError(.badData, "\(source): '\(key)' is missing or malformed")
    }
    return value
  }

  /// The same of a member that may be missing or null; nil then.
  public func optional<Value>(
    _ key: String, from source: String, _ parse: (JSON) -> Value?
  ) throws(KitError) -> Value? {
    switch self[key] {
    case nil, .null: nil
    default: try required(key, from: source, parse)
    }
  }
}
