import Foundations
import Platform

/// A program that is run to its end, its texts captured as they come.
enum ChildProgram {
  /// What a program left.
  struct Outcome {
    /// The exit status; 128 and the signal's number if a signal ended it.
    let status: Int32
    /// Standard output.
    let output: String
    /// Standard error, without what was drawn over and over.
    let errors: String
  }

  /// Runs a program.
  ///
  /// - Parameters:
  ///   - line: Gets each line of standard output when it is there.
  ///   - progress: Gets a line of standard error each time that it is drawn anew (after a carriage return).
  /// - Throws: `failure` if it can't be started; `stopped` if the user asks to stop, with the program ended.
  static func run(
    _ path: String, _ arguments: [String], line: (String) -> Void, progress: (String) -> Void
  ) throws(KitError) -> Outcome {
    guard let outputs = makePipe() else { throw failure(path, errno) }
    guard let errors = makePipe() else {
      close(outputs.reading)
      close(outputs.writing)
      throw failure(path, errno)
    }
    let (process, code) = spawn(
      path, [path] + arguments, defaultSignals: [SIGPIPE, SIGXFSZ], output: outputs.writing,
      errors: errors.writing)
    close(outputs.writing)
    close(errors.writing)
    defer {
      close(outputs.reading)
      close(errors.reading)
    }
    guard code == 0 else { throw failure(path, code) }
    var streams = [CapturedStream(outputs.reading), CapturedStream(errors.reading)]
    var status: Int32?
    while streams.contains(where: \.isOpen) {
      let wasRead = read(&streams, line: line, progress: progress)
      do throws(KitError) {
        try StopRequest.check(while: "\(lastName(path)) was running")
      } catch {
        end(process)
        throw error
      }
      if status == nil { status = exitStatus(of: process, options: WNOHANG) }
      // What it started in turn may hold the pipes for ever.
      if status != nil && !wasRead { break }
    }
    let exit = status ?? exitStatus(of: process, options: 0) ?? 1
    return Outcome(status: exit, output: streams[0].text, errors: streams[1].text)
  }

  /// Reads what is there, waiting for a tenth of a second; whether there was anything.
  private static func read(
    _ streams: inout [CapturedStream], line: (String) -> Void, progress: (String) -> Void
  ) -> Bool {
    var polled = streams.map {
      pollfd(fd: $0.isOpen ? $0.descriptor : -1, events: Int16(POLLIN), revents: 0)
    }
    guard poll(&polled, nfds_t(polled.count), 100) > 0 else { return false }
    for index in streams.indices where polled[index].revents != 0 {
      streams[index].read { text, isProgress in
        if isProgress { progress(text) } else if index == 0 { line(text) }
      }
    }
    return true
  }

  private static func exitStatus(of process: pid_t, options: Int32) -> Int32? {
    var status: Int32 = 0
    while true {
      let found = waitpid(process, &status, options)
      if found == process { break }
      if found == 0 || errno != EINTR { return nil }
    }
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  /// Asks a program to end and waits for that; one that does not within two seconds is killed.
  private static func end(_ process: pid_t) {
    kill(process, SIGTERM)
    for _ in 0..<200 {
      if exitStatus(of: process, options: WNOHANG) != nil { return }
      usleep(10_000)
    }
    kill(process, SIGKILL)
    _ = exitStatus(of: process, options: 0)
  }

  private static func failure(_ path: String, _ code: Int32) -> KitError {
    KitError(.failure, "\(path) can't be run: \(systemMessage(code))")
  }
}

/// What comes through a pipe, by lines.
private struct CapturedStream {
  let descriptor: Int32
  private(set) var isOpen = true
  /// All lines but those that were drawn anew.
  private(set) var text = ""
  /// The line that has no end yet.
  private var line: [UInt8] = []
  /// Whether the line began after a carriage return.
  private var isProgress = false
  /// More than a program says that works as it should.
  private static let longest = 1 << 24

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  mutating func read(_ handOver: (_ text: String, _ isProgress: Bool) -> Void) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = buffer.withUnsafeMutableBytes { Platform.read(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { return }
    guard count > 0 else {
      isOpen = false
      endLine(handOver)
      return
    }
    for byte in buffer[..<count] {
      switch byte {
      case UInt8(ascii: "\n"):
        endLine(handOver)
        if text.utf8.count < Self.longest { text += "\n" }
      case UInt8(ascii: "\r"):
        endLine(handOver)
        isProgress = true
      default: line.append(byte)
      }
    }
    if isProgress && !line.isEmpty { handOver(String(decoding: line, as: UTF8.self), true) }
  }

  private mutating func endLine(_ handOver: (_ text: String, _ isProgress: Bool) -> Void) {
    let content = String(decoding: line, as: UTF8.self)
    if !isProgress {
      if text.utf8.count < Self.longest { text += content }
      if !content.isEmpty { handOver(content, false) }
    }
    line.removeAll(keepingCapacity: true)
    isProgress = false
  }
}
