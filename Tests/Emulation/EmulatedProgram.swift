import Foundation
import Foundations
import Platform
import TestSupport

/// The kernels compiled for arm64, with a small program around them, and what it takes to run it here.
///
/// This toolchain has no standard library for arm64 Linux, but one for arm64 without a system (Embedded Swift), and the
/// kernels need no more: the compiler and its optimizer are those of the kit itself. Debian's cross compiler adds a C
/// library, so that the emulator can run it as a Linux program.
public struct EmulatedProgram: Sendable {
  /// What is not installed of what it takes; empty where all of it is.
  public static let missing = [
    "swiftc", "qemu-aarch64", "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-objdump",
  ]
  .filter { installed($0) == nil }

  /// A call by its name, with the type of its operands.
  struct Call: Equatable {
    let name: String
    let operands: String
  }

  /// The kernels, as their protocol lists them, and the functions of doubles; a call's number is its place.
  let calls: [Call]
  /// The executable.
  public let path: String

  /// The program, built once for each state of its sources.
  public static let shared = Result { try EmulatedProgram() }

  private init() throws {
    guard Self.missing.isEmpty else {
      throw TestProblem("not installed: \(Self.missing.joined(separator: ", "))")
    }
    calls = try Self.kernels() + Self.functions.map { Call(name: $0.name, operands: $0.operands) }
    path = try Self.build(calls)
  }

  /// The kernels' names and operands, read from the protocol that every instruction set has them from.
  static func kernels() throws -> [Call] {
    let interface = try text("\(repository)/Sources/KernelShapes/InstructionSet.swift")
    return interface.matches(of: #/\n  func (\w+)\(_ operands: (\w+)\)/#).map {
      Call(name: String($0.1), operands: String($0.2))
    }
  }

  /// Functions beside the kernels, and how each is called with its operands `o`.
  private static let functions =
    ["exp", "log", "sin", "cos"].map {
      (
        name: $0, operands: "FunctionOperands",
        body: "for i in 0..<o.count { o.results[i] = Elementary.\($0)(o.values[i]) }"
      )
    } + [
      (
        name: "softmaxLoss", operands: "LossOperands",
        body: """
        o.loss.pointee = SoftmaxCrossEntropy.evaluate(
            o.logits, classes: o.classes, label: o.label, smoothing: o.smoothing, probabilities: o.probabilities
          ).loss
        """
      )
    ]

  /// The table of all calls, a file of the kernels' module.
  private static func table(_ calls: [Call]) -> String {
    let bodies = Dictionary(uniqueKeysWithValues: functions.map { ($0.name, $0.body) })
    let cases = calls.enumerated().map { number, call in
      """
        case \(number):
          if size != MemoryLayout<\(call.operands)>.size { return false }
          let o = operands.load(as: \(call.operands).self)
          \(bodies[call.name] ?? "kernels.\(call.name)(o)")
      """
    }
    return """
      import Foundations
      import KernelShapes
      import NeuralNetworks

      private let kernels = instructionSet()

      @_cdecl("compute")
      public func compute(_ number: UInt32, _ size: UInt32, _ operands: UnsafeRawPointer) -> Bool {
        switch number {
      \(cases.joined(separator: "\n"))
        default: return false
        }
        return true
      }
      """
  }

  /// A module of the program: its name, its sources and further options of the compiler.
  private typealias Module = (name: String, sources: [String], options: [String])

  /// The modules in the order of their imports. The last one's object holds the code of all: that is how Embedded Swift is
  /// compiled.
  private static func modules() throws -> [Module] {
    func folder(_ name: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "\(repository)/Sources/\(name)").sorted()
        .map { "\(repository)/Sources/\(name)/\($0)" }
    }
    let numbers = ["Elementary", "DigitClass"].map { "\(repository)/Sources/Foundations/Numbers/\($0).swift" }
    let functions = "\(repository)/Tests/Emulation/Program/Functions.swift"
    return [
      ("KernelShapes", try folder("KernelShapes"), ["-O"]),
      ("Foundations", numbers, ["-O"]),
      ("NeuralNetworks", ["\(repository)/Sources/NeuralNetworks/Loss.swift"], ["-O"]),
      // As in Package.swift.
      ("Kernels", try folder("Kernels") + [functions], ["-D", "NEON", "-Ounchecked"]),
    ]
  }

  /// Builds the program, or finds it built.
  private static func build(_ calls: [Call]) throws -> String {
    let (swift, gcc) = (installed("swiftc") ?? "", installed("aarch64-linux-gnu-gcc") ?? "")
    let driver = "\(repository)/Tests/Emulation/Program/driver.c"
    var modules = try modules()
    let embedded =
      ["-target", "aarch64-none-none-elf", "-enable-experimental-feature", "Embedded", "-wmo"]
      + ["-parse-as-library", "-swift-version", "6", "-I", "\(repository)/Sources/CMachine"]
    let table = table(calls)
    let files =
      modules.flatMap(\.sources) + ["\(repository)/Sources/CMachine/CMachine.h", driver]
    var all = try succeed([swift, "--version"]) + embedded.joined() + table
    for (module, file) in modules.flatMap({ module in module.sources.map { (module, $0) } }) {
      all += module.options.joined() + file
    }
    for file in files { all += try text(file) }
    var digest = SHA256()
    digest.update(Array(all.utf8))
    let built = "\(repository)/.build/emulation"
    let folder = "\(built)/\(SHA256.hexadecimal(of: digest.finalize()))"
    let path = "\(folder)/program"
    if FileManager.default.fileExists(atPath: path) { return path }

    try? FileManager.default.removeItem(atPath: built)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try table.write(toFile: "\(folder)/Calls.swift", atomically: true, encoding: .utf8)
    modules[modules.count - 1].sources.append("\(folder)/Calls.swift")
    var object = ""
    for module in modules {
      object = "\(folder)/\(module.name).o"
      try succeed(
        [swift] + embedded + module.options + ["-module-name", module.name, "-I", folder, "-emit-module"]
          + ["-emit-module-path", "\(folder)/\(module.name).swiftmodule", "-c", "-o", object]
          + module.sources)
    }
    // Under another name until it is whole.
    let partial = "\(path)-\(ProcessInfo.processInfo.processIdentifier)"
    try succeed([gcc, "-std=c11", "-O2", "-static-pie", "-o", partial, driver, object])
    guard rename(partial, path) == 0 else { throw TestProblem("\(path) can't be written") }
    return path
  }

  /// What a program that must end well printed.
  @discardableResult
  private static func succeed(_ command: [String]) throws -> String {
    let outcome = try run(command, limit: 600)
    guard outcome.status == 0 else { throw TestProblem("\(command) failed: \(outcome.errors)") }
    return outcome.output
  }
}
