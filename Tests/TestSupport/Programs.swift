import Foundation
import Platform

/// What a program left: its exit status (or the signal that ended it) and its texts.
public struct Outcome {
  /// The exit status; nil if a signal ended the program.
  public let status: Int32?
  /// The signal that ended the program, nil if it exited.
  public let signal: Int32?
  /// Standard output.
  public let output: String
  /// Standard error, without the emulator's own warnings.
  public let errors: String
}

/// A signal to send to a running program.
public struct PlannedSignal {
  /// When it is sent.
  public enum Moment {
    /// Seconds after the start (for the first) or after the signal before.
    case after(Double)
    /// As soon as standard error contains a text.
    case whenErrorsContain(String)
  }

  let number: Int32
  let moment: Moment

  /// A signal by its number, such as `SIGKILL`.
  public init(number: Int32, moment: Moment) {
    self.number = number
    self.moment = moment
  }
}

/// The path of a program on `PATH`, nil if the machine has none.
public func installed(_ name: String) -> String? {
  let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
  return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
}

/// The Python interpreter that has TensorBoard's package; nil if there is none.
public let pythonWithTensorBoard = python(with: "tensorboard")

/// The Python interpreter that has ONNX's checker and runtime; nil if there is none.
public let pythonWithONNX = python(with: "onnx, onnxruntime")

/// Why tests that need `pythonWithONNX` are skipped.
public let noONNX: String =
  "no Python with ONNX (pip install onnx onnxruntime, or name one in KAGGLE_DIGITS_PYTHON)"

/// The Python interpreter, `KAGGLE_DIGITS_PYTHON` or `python3` of the path, if it has some packages.
private func python(with packages: String) -> String? {
  let name = ProcessInfo.processInfo.environment["KAGGLE_DIGITS_PYTHON"] ?? "python3"
  guard let path = name.contains("/") ? name : installed(name) else { return nil }
  return (try? run([path, "-c", "import \(packages)"]))?.status == 0 ? path : nil
}

/// Why tests that need `pythonWithTensorBoard` are skipped.
public let noTensorBoard: String =
  "no Python with TensorBoard (pip install tensorboard, or name one in KAGGLE_DIGITS_PYTHON)"

/// Runs a program to its end.
///
/// - Parameters:
///   - command: the program's path and its arguments.
///   - environment: changes to this process's environment, nil removes. The kit's own variables, `NO_COLOR` and
///     `TERM` are removed beforehand, so that the caller's shell does not matter.
///   - folder: the working folder; this process's by default.
///   - signals: sent in order, each at its moment.
///   - limit: seconds after which the program is killed and an error is thrown.
public func run(
  _ command: [String], environment changes: [String: String?] = [:], in folder: String? = nil,
  signals: [PlannedSignal] = [], limit: Double = 300
) throws -> Outcome {
  try withTemporaryFolder { scratch in
    // Files instead of pipes: no output is too big, and it can be read while the program runs.
    let (outputFile, errorFile) = ("\(scratch)/output", "\(scratch)/errors")
    for file in [outputFile, errorFile] { try Data().write(to: URL(fileURLWithPath: file)) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = environment(with: changes)
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: outputFile)
    process.standardError = FileHandle(forWritingAtPath: errorFile)
    try startUnblocked(process)
    let finished = watch(process, sending: signals, errorFile: errorFile, limit: limit)
    let (output, errors) = (contents(outputFile), withoutEmulatorWarnings(contents(errorFile)))
    guard finished else {
      throw TestProblem("\(command) ran for more than \(limit) s; standard error: \(errors)")
    }
    let exited = process.terminationReason == .exit
    return Outcome(
      status: exited ? process.terminationStatus : nil, signal: exited ? nil : process.terminationStatus,
      output: output, errors: errors)
  }
}

/// Starts a process that signals reach: it inherits this thread's mask, and a test's thread may block them all.
public func startUnblocked(_ process: Process) throws {
  var (none, before) = (sigset_t(), sigset_t())
  sigemptyset(&none)
  pthread_sigmask(SIG_SETMASK, &none, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  try process.run()
}

/// Waits for a process's end and sends it the planned signals; false if it had to be killed.
private func watch(
  _ process: Process, sending signals: [PlannedSignal], errorFile: String, limit: Double
) -> Bool {
  let deadline = Date().addingTimeInterval(limit)
  var waiting = signals[...]
  var since = Date()
  while process.isRunning {
    if let next = waiting.first, isDue(next.moment, since: since, errorFile: errorFile) {
      kill(process.processIdentifier, next.number)
      waiting = waiting.dropFirst()
      since = Date()
    }
    if Date() > deadline {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      return false
    }
    usleep(2000)
  }
  return true
}

private func isDue(_ moment: PlannedSignal.Moment, since: Date, errorFile: String) -> Bool {
  switch moment {
  case .after(let seconds): Date().timeIntervalSince(since) >= seconds
  case .whenErrorsContain(let text): contents(errorFile).contains(text)
  }
}

/// The emulator lists on standard error which of the processor's features it leaves out.
private func withoutEmulatorWarnings(_ text: String) -> String {
  text.replacing(#/(?m)^qemu-x86_64: warning: .*\n/#, with: "")
}

private func environment(with changes: [String: String?]) -> [String: String] {
  var result = ProcessInfo.processInfo.environment.filter {
    !$0.key.hasPrefix("KAGGLE_DIGITS_") && !["NO_COLOR", "TERM"].contains($0.key)
  }
  for (name, value) in changes { result[name] = value }
  return result
}

/// What a program has written so far, whole characters or not.
private func contents(_ path: String) -> String {
  String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
}
