import Foundations
import Platform

/// Refuses work that this machine's memory can't hold.
///
/// - Parameters:
///   - bytes: What the work takes.
///   - work: What it is, the subject of "takes 3.1 GB of memory".
///   - remedy: A sentence that says what to do instead, without its full stop.
/// - Throws: `usage` if it takes more than nine tenths of the physical memory, or of what the container may use; `failure` if
///   the system does not give as much (`ulimit -v`).
public func requirePhysicalMemory(_ bytes: Double, for work: String, remedy: String) throws(KitError) {
  let physical = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
  let container = memoryLimit() ?? .infinity
  let available = min(physical, container)
  guard bytes <= available * 0.9 else {
    throw KitError(
      .usage,
      "\(work) takes \(fixed(bytes / 1e9, 1)) GB of memory; \(container < physical ? "the container" : "this machine") has \(fixed(available / 1e9, 1)) GB. \(remedy)"
    )
  }
  do {
    try requireAllocation(of: Int(bytes), for: work)
  } catch {
    throw KitError(error.kind, "\(error.message). \(remedy)")
  }
}
