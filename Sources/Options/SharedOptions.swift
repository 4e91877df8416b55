import Competition
import Compute
import Foundations
import Terminal

/// The competition's data: at the value of `--data`, or found, with a note that says where.
///
/// - Throws: `missingInput`, with how to get the files; `usage` if `option` is empty.
public func locateData(_ option: String?) throws(KitError) -> DataSource {
  let source = try DataSource(finding: option)
  if !source.isExplicit { note("data: \(source.description) (--data takes another)") }
  return source
}

extension ThreadOptions {
  /// How many threads to use: `--threads`, or as many as the process may use.
  public var count: Int { threads ?? ThreadPool.available }
}
