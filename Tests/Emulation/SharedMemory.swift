import Compute
import Foundations
import Platform
import Synchronization

/// Memory that this process and the emulated programs have at the same address, so that a kernel's operands, pointers and
/// all, mean the same to both. (Sendable without checks: pieces that are taken are never shared.)
final class SharedMemory: @unchecked Sendable {
  /// As a path that another process can open: the file itself has no name any more.
  let path: String
  let start: UnsafeMutableRawPointer
  /// Bytes. Those that nothing was written to take no memory.
  let size = 4 << 30
  private let state = Mutex(State())

  private struct State {
    /// Bytes in use, from the start on.
    var used = 0
    /// The size of each piece that is taken, by its offset.
    var taken: [Int: Int] = [:]
    /// The offsets of pieces that were given back, by their size.
    var free: [Int: [Int]] = [:]
  }

  /// Takes the addresses.
  ///
  /// - Throws: `failure` if they are in use, as the address sanitizer and others do.
  init() throws(KitError) {
    func failure(_ what: String) -> KitError { KitError(.failure, "\(what): \(systemMessage(errno))") }
    var template = Array("/tmp/kaggle-digits-memory-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { throw failure("memory to share can't be made") }
    unlink(template)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    path = "/proc/\(getpid())/fd/\(file)"
    guard ftruncate(file, off_t(size)) == 0 else { throw failure("memory to share can't be made") }
    // Where neither system puts anything by itself.
    let address = UnsafeMutableRawPointer(bitPattern: 0x1000_0000_0000)
    let memory = mmap(address, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    guard let memory, memory == address else { throw failure("the address of shared memory is in use") }
    start = memory
  }

  /// For buffers: pieces of powers of two, so that one that was given back serves again.
  var buffers: BufferMemory {
    BufferMemory {
      self.take($0)
    } release: {
      self.release($0)
    }
  }

  private func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
    var piece = 64
    while piece < bytes { piece *= 2 }
    let offset: Int? = state.withLock { state in
      var offset = state.free[piece]?.popLast()
      if offset == nil, state.used + piece <= size {
        offset = state.used
        state.used += piece
      }
      if let offset { state.taken[offset] = piece }
      return offset
    }
    return offset.map { start + $0 }
  }

  private func release(_ memory: UnsafeMutableRawPointer) {
    let offset = memory - start
    state.withLock { state in
      if let piece = state.taken.removeValue(forKey: offset) { state.free[piece, default: []].append(offset) }
    }
  }
}
