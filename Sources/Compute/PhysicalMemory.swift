import Foundations
import Platform

/// Refuses work that this machine's memory can't hold.
///
/// - Parameters:
///   - bytes: What the work takes.
///   - work: What it is, the subject of "takes 3.1 GB of memory".
///   - remedy: A sentence that says what to do instead, without its full stop.
/// - Throws: `usage` if it takes more than nine tenths of the physical memory.
public func requirePhysicalMemory(_ bytes: Double, for work: String, remedy: String) throws(KitError) {
  let physical = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
  if bytes <= physical * 0.9 { return }
  throw KitError(
    .usage,
    "\(work) takes \(fixed(bytes / 1e9, 1)) GB of memory; this machine has \(fixed(physical / 1e9, 1)) GB. \(remedy)"
  )
}
