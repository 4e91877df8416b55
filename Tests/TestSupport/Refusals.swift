import Foundations

/// What the kit says when it refuses something.
///
/// - Parameters:
///   - kind: the kind that the error must have; any by default.
///   - body: what is to be refused.
/// - Returns: The error's message; `accepted` if there is no error, `of another kind` if there is another than expected.
public func message<Result>(of kind: KitError.Kind? = nil, _ body: () throws -> Result) -> String {
  do {
    _ = try body()
    return "accepted"
  } catch {
    guard let error = error as? KitError, error.kind == kind ?? error.kind else { return "of another kind" }
    return error.message
  }
}
