import Foundation
import TestSupport

/// The path of a built executable, such as `kaggle-digits-train`.
func built(_ name: String) -> String { "\(builtFolder)/\(name)" }

/// The emulator under which a leaked AVX-512 instruction dies; nil if the machine has none, or another processor. It
/// emulates the program that it is given but not what that one becomes, so give it a command's executable, not the front
/// door.
#if arch(x86_64)
  let emulator = installed("qemu-x86_64")
#else
  let emulator: String? = nil
#endif

/// Runs a program to its end, as `TestSupport.run` does.
///
/// - Parameters:
///   - program: a path, or the name of a built executable.
///   - emulated: runs it as a processor without AVX-512; needs `emulator`.
func run(
  _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:],
  in folder: String? = nil, emulated: Bool = false, signals: [PlannedSignal] = [], limit: Double = 300
) throws -> Outcome {
  var command = [program.contains("/") ? program : built(program)] + arguments
  if emulated {
    guard let emulator else { throw TestProblem("qemu-x86_64 is not installed") }
    command = [emulator, "-cpu", "Haswell"] + command
  }
  return try TestSupport.run(
    command, environment: environment, in: folder, signals: signals, limit: limit)
}

extension Outcome {
  /// The JSON object on standard output; fails if there is none.
  func json() throws -> [String: Any] { try EndToEnd.json(Data(output.utf8)) }
}

/// The JSON object of a text; fails if it is none.
func json(_ text: Data) throws -> [String: Any] {
  guard let object = try JSONSerialization.jsonObject(with: text) as? [String: Any] else {
    throw TestProblem("no JSON object: \(String(decoding: text, as: UTF8.self))")
  }
  return object
}

/// The lines of a file of comma-separated values, the header too; the last one ends like the others.
func lines(_ path: String) throws -> [[String]] {
  let lines = try text(path).components(separatedBy: "\n")
  guard lines.last == "" else { throw TestProblem("the last line of \(path) has no end") }
  return lines.dropLast().map { $0.components(separatedBy: ",") }
}
