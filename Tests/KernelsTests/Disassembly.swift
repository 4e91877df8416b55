import Emulation
import Foundation
import TestSupport
import Testing

/// The machine code of a program, as `objdump` shows it.
struct Disassembly {
  struct Instruction {
    let address: Int
    /// The mnemonic and what follows it, with a tab between them for arm64.
    let text: Substring

    /// Where a jump goes, nil for anything else.
    var jumpTarget: Int? {
      guard text.contains(#/^(?:j\w+ |(?:b|b\.\w+|cbn?z|tbn?z)\t)/#) else { return nil }
      // Before the target's name, which is in angle brackets.
      let operands = text.prefix { $0 != "<" }.split { " \t,".contains($0) }
      return operands.last.flatMap { Int($0, radix: 16) }
    }

    /// Whether a vector register is read from or written to the stack.
    var movesVectorOnStack: Bool {
      if text.hasPrefix("vmov") { return text.contains("mm") && text.contains(#/\(%r[sb]p/#) }
      return text.contains(#/^(?:ld|st)\w+\t\{?[vqds]\d/#) && text.contains(#/\[(?:sp|x29)/#)
    }
  }

  /// The functions of the kernels' modules, by their symbols.
  private(set) var kernels: [(symbol: String, instructions: [Instruction])] = []
  /// Symbols outside `KernelsAVX512` whose code needs AVX-512.
  private(set) var leaks: Set<String> = []

  /// Where `objdump` is; nil if it is not installed.
  static let tool = installed("objdump")
  /// The disassembly that all tests look at: it is of 100 MB and takes a while.
  static let shared = Result {
    let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return try Disassembly(
      [#require(tool), "-d", "--insn-width=16", executable],
      isKernel: { $0.contains("KernelsAVX512") || $0.contains("KernelsAVX2") })
  }
  /// The kernels for arm64, which are in the emulated program.
  static let neon = Result {
    let tool = try #require(installed("aarch64-linux-gnu-objdump"))
    return try Disassembly(
      [tool, "-d", EmulatedProgram.shared.get().path], isKernel: { $0.contains("7Kernels") })
  }

  private init(_ command: [String], isKernel: (String) -> Bool) throws {
    let outcome = try run(command)
    var symbol = ""
    for line in Array(outcome.output.utf8).split(separator: UInt8(ascii: "\n")) {
      if line.last == UInt8(ascii: ":"), let start = line.firstIndex(of: UInt8(ascii: "<")) {
        symbol = String(decoding: line[(start + 1)...].dropLast(2), as: UTF8.self)
        if isKernel(symbol) { kernels.append((symbol, [])) }
      } else if isKernel(symbol) {
        append(String(decoding: line, as: UTF8.self))
      }
      if !symbol.contains("KernelsAVX512"), Self.needsAVX512(line) { leaks.insert(symbol) }
    }
  }

  /// Lines read `  52447:\t62 d1 7c 48 10 00      \tvmovups (%r8),%zmm0` or `   ca54:\tad400821 \tldp\tq1, q2, [x1]`.
  private mutating func append(_ line: String) {
    let parts = line.split(separator: "\t", maxSplits: 2)
    guard parts.count == 3, let address = Int(parts[0].drop { $0 == " " }.dropLast(), radix: 16) else {
      return
    }
    kernels[kernels.count - 1].instructions.append(Instruction(address: address, text: parts[2]))
  }

  /// Whether an instruction's first byte is 0x62, the prefix of every one that AVX-512 brought, whatever its registers; or
  /// it has a mask register (those that work on masks alone have an older prefix).
  private static func needsAVX512(_ line: ArraySlice<UInt8>) -> Bool {
    guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { return false }
    if line[(tab + 1)...].starts(with: "62 ".utf8) { return true }
    var rest = line[tab...]
    while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
      rest = rest[(percent + 1)...]
      if rest.first == UInt8(ascii: "k") { return true }
    }
    return false
  }

  /// The instructions of a function's loops that have no loop within.
  static func innermostLoops(_ instructions: [Instruction]) -> [[Instruction]] {
    var loops: [Range<Int>] = []
    for (end, instruction) in instructions.enumerated() {
      guard let target = instruction.jumpTarget, target <= instruction.address else { continue }
      if let start = instructions.firstIndex(where: { $0.address == target }) {
        loops.append(start..<end + 1)
      }
    }
    return loops.filter { loop in
      !loops.contains { $0 != loop && loop.lowerBound <= $0.lowerBound && $0.upperBound <= loop.upperBound }
    }.map { Array(instructions[$0]) }
  }
}
