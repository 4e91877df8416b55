import Platform

/// Refuses work whose memory the system does not give, as under `ulimit -v` or in a container.
///
/// Swift's arrays end the process when they get no memory. Large ones are therefore asked for here first: the memory is
/// mapped, and given back without being touched.
///
/// - Parameters:
///   - bytes: What the work takes.
///   - work: What it is: `reading train.csv`.
/// - Throws: `failure`, with how much was asked for.
public func requireAllocation(of bytes: Int, for work: String) throws(KitError) {
  // Small ones come from memory that the process has.
  guard bytes >= 1 << 16 else { return }
  let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
  guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else {
    throw outOfMemory(bytes, for: work)
  }
  munmap(memory, bytes)
}

/// The error of memory that the system did not give.
public func outOfMemory(_ bytes: Int, for work: String) -> KitError {
  KitError(
    .failure,
    "out of memory: \(work) takes \(fixed(Double(bytes) / 1e6, 0)) MB, which the system does not give (see `ulimit -v`, "
      + "or the container's limit)")
}

/// Ends the process with a message and status 1, for memory that is asked for where no error can be thrown.
public func exitOutOfMemory(_ bytes: Int, for work: String) -> Never {
  var text = "error: \(outOfMemory(bytes, for: work).message)\n"
  text.withUTF8 { _ = writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
  exit(KitError.Kind.failure.rawValue)
}
