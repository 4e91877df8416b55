// Everything that Linux and macOS do differently, and nothing else: a test sees to it that no other file of the kit asks
// which system it is built for. Each difference is a pair, macOS first, with what that system's manual says. What both have
// under other names, or as other types of Swift, is here so that the rest of this folder is the same for both.
//
// The kit has run on Linux only. The halves for macOS are type-checked against its own headers, see `Tests/README.md`.

#if canImport(Darwin)
  @preconcurrency @_exported import Darwin
  import MachO
#elseif canImport(Glibc)
  @preconcurrency @_exported import Glibc
#endif

// MARK: Threads and processors

#if canImport(Darwin)
  /// A thread. On macOS a pointer, which is null before there is a thread.
  typealias ThreadHandle = pthread_t?
  /// No thread yet.
  var noThread: ThreadHandle { nil }
  /// The thread; nil if there is none.
  func started(_ handle: ThreadHandle) -> pthread_t? { handle }
#else
  /// A thread. On Linux a number.
  typealias ThreadHandle = pthread_t
  /// No thread yet.
  var noThread: ThreadHandle { pthread_t() }
  /// The thread; nil if there is none.
  func started(_ handle: ThreadHandle) -> pthread_t? { handle }
#endif

#if canImport(Darwin)
  /// How many processors this process may run on. macOS binds no process to processors (thread_policy.h: affinity tags
  /// are hints) and has no cgroups: all that are online.
  public func processorCount() -> Int { Int(sysconf(_SC_NPROCESSORS_ONLN)) }
#else
  /// How many processors this process may run on: those of its affinity mask, `Cpus_allowed` of proc(5), and no more than
  /// its cgroup's quota pays for, see `Documentation/admin-guide/cgroup-v2.rst`.
  public func processorCount() -> Int {
    let allowed = allowedProcessors(status: systemFile("/proc/self/status") ?? "")
    let count = allowed ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    return min(count, cgroupQuota() ?? count)
  }
#endif

#if canImport(Darwin)
  /// The processor's name, sysctl(3)'s `machdep.cpu.brand_string` (`Apple M2`); nil if the system does not tell.
  public func processorName() -> String? {
    var size = 256
    var name = [CChar](repeating: 0, count: size)
    guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return nil }
    return text(name)
  }
#else
  /// The processor's name; nil if the system does not tell. On x86-64 `model name` of `/proc/cpuinfo`, see proc(5). On arm64
  /// there is no such line, but the board's name in the device tree (`Raspberry Pi 5 Model B Rev 1.0`), if it has one.
  public func processorName() -> String? {
    let lines = (systemFile("/proc/cpuinfo") ?? "").split(separator: "\n")
    if let line = lines.first(where: { $0.hasPrefix("model name") }) {
      return line.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
    }
    return systemFile("/proc/device-tree/model").map { String($0.prefix { $0 != "\0" }) }
  }
#endif

// MARK: Memory

#if canImport(Darwin)
  /// The bytes that a container's limit leaves to this process: macOS has no such limit.
  public func memoryLimit() -> Double? { nil }
#else
  /// The bytes of memory that the cgroup grants (version 2's `memory.max`, version 1's `memory.limit_in_bytes`); nil without
  /// a limit.
  public func memoryLimit() -> Double? {
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    guard let text = files.lazy.compactMap(systemFile).first else { return nil }
    return Double(text.prefix { $0 != "\n" })
  }
#endif

#if canImport(Darwin)
  /// The most memory that a process has had, in bytes. getrusage(2) on macOS: `ru_maxrss` is in bytes.
  public func mostMemory(_ usage: rusage) -> Int { usage.ru_maxrss }
#else
  /// The most memory that a process has had, in bytes. getrusage(2) on Linux: `ru_maxrss` is in kilobytes.
  public func mostMemory(_ usage: rusage) -> Int { usage.ru_maxrss << 10 }
#endif

// MARK: Files

#if canImport(Darwin)
  /// Sends a file's or a folder's data to the disk; -1, with the reason in `errno`, if that fails.
  ///
  /// fsync(2) on macOS: the drive "may itself not physically write the data to the platters for quite some time and it may
  /// be written in an out-of-order sequence"; `F_FULLFSYNC` of fcntl(2) "asks the drive to flush all buffered data to
  /// permanent storage". File systems that have no such request refuse it, and then fsync does what it can.
  public func syncToDisk(_ descriptor: Int32) -> Int32 {
    if fcntl(descriptor, F_FULLFSYNC) != -1 { return 0 }
    return [ENOTSUP, ENOTTY, EINVAL].contains(errno) ? fsync(descriptor) : -1
  }
#else
  /// Sends a file's or a folder's data to the disk; -1, with the reason in `errno`, if that fails.
  ///
  /// fsync(2) on Linux: it "includes writing through or flushing a disk cache if present".
  public func syncToDisk(_ descriptor: Int32) -> Int32 { fsync(descriptor) }
#endif

#if canImport(Darwin)
  /// When a file was last changed. stat(2) on macOS: `st_mtimespec`.
  func modification(_ status: stat) -> timespec { status.st_mtimespec }
#else
  /// When a file was last changed. stat(2) on Linux: `st_mtim`.
  func modification(_ status: stat) -> timespec { status.st_mtim }
#endif

#if canImport(Darwin)
  /// The file system of a file or folder, by its path from the root; nil if the system does not tell.
  ///
  /// statfs(2) on macOS: `f_fstypename` is its type, such as `apfs` or `smbfs`. How its locks work is not told.
  public func fileSystem(ofFileAt path: String) -> FileSystem? {
    var status = statfs()
    guard statfs(path, &status) == 0 else { return nil }
    let type = withUnsafeBytes(of: status.f_fstypename) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return FileSystem(type: type, options: [])
  }
#else
  /// The file system of a file or folder, by its path from the root; nil if the system does not tell.
  ///
  /// statfs(2) on Linux tells a number that several types share; proc(5)'s `mountinfo` has names and options.
  public func fileSystem(ofFileAt path: String) -> FileSystem? {
    systemFile("/proc/self/mountinfo").flatMap { fileSystem(ofFileAt: path, mounts: $0) }
  }
#endif

// MARK: Programs and signals

#if canImport(Darwin)
  /// The file of this program; nil if the system does not tell. dyld(3): `_NSGetExecutablePath` copies the path, which "may
  /// be a symbolic link"; it fails if the buffer is too small.
  public func executablePath() -> String? {
    var size = UInt32(PATH_MAX)
    var bytes = [CChar](repeating: 0, count: Int(size) + 1)
    return _NSGetExecutablePath(&bytes, &size) == 0 ? text(bytes) : nil
  }
#else
  /// The file of this program; nil if the system does not tell. proc(5): `/proc/self/exe` is a symbolic link to it.
  public func executablePath() -> String? { "/proc/self/exe" }
#endif

#if canImport(Darwin)
  /// The environment's variables, a null pointer after the last. environ(7) on macOS: only programs have `environ`; for all
  /// other code there is `_NSGetEnviron`.
  public func environmentVector() -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    _NSGetEnviron().pointee
  }
#else
  /// The environment's variables, a null pointer after the last. environ(7).
  public func environmentVector() -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? { environ }
#endif

#if canImport(Darwin)
  /// What posix_spawn(2) gives a program: pointers on macOS, to memory that `posix_spawnattr_init` takes.
  typealias SpawnAttributes = posix_spawnattr_t?
  /// What it does with files.
  typealias SpawnActions = posix_spawn_file_actions_t?
  /// Both, before they are initialized.
  func emptySpawn() -> (SpawnAttributes, SpawnActions) { (nil, nil) }
#else
  /// What posix_spawn(3) gives a program: structures on Linux.
  typealias SpawnAttributes = posix_spawnattr_t
  /// What it does with files.
  typealias SpawnActions = posix_spawn_file_actions_t
  /// Both, before they are initialized.
  func emptySpawn() -> (SpawnAttributes, SpawnActions) { (posix_spawnattr_t(), posix_spawn_file_actions_t()) }
#endif

#if canImport(Darwin)
  /// What happens at a signal. sigaction(2) on macOS: the handler is in the union `__sigaction_u`.
  func handler(_ action: sigaction) -> (@convention(c) (Int32) -> Void)? { action.__sigaction_u.__sa_handler }
#else
  /// What happens at a signal. sigaction(2) on Linux: the handler is in the union `__sigaction_handler`.
  func handler(_ action: sigaction) -> (@convention(c) (Int32) -> Void)? {
    action.__sigaction_handler.sa_handler
  }
#endif

// MARK: Sockets

#if canImport(Darwin)
  /// The type of a TCP socket, socket(2).
  public let streamSocket = SOCK_STREAM
#else
  /// The type of a TCP socket, socket(2): on Linux it is a case of an enumeration.
  public let streamSocket = Int32(SOCK_STREAM.rawValue)
#endif

#if canImport(Darwin)
  /// Lets sending to a peer that has gone fail, instead of ending this process by SIGPIPE. getsockopt(2) on macOS: an
  /// option of the socket, `SO_NOSIGPIPE`.
  func preventSignal(onSendingTo handle: Int32) {
    var on: Int32 = 1
    setsockopt(handle, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
  }
  /// The flags for send(2).
  let sendFlags: Int32 = 0
#else
  /// Nothing: send(2) on Linux takes a flag for it.
  func preventSignal(onSendingTo handle: Int32) {}
  /// The flags for send(2). `MSG_NOSIGNAL` lets sending to a peer that has gone fail, instead of ending this process by
  /// SIGPIPE.
  let sendFlags = Int32(MSG_NOSIGNAL)
#endif

/// The text of a C string in an array.
private func text(_ characters: [CChar]) -> String {
  String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
