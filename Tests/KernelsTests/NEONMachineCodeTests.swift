import Emulation
import Testing

/// What the compiler made of the kernels for arm64: fused multiply-adds of whole vectors, and accumulators that stay in
/// registers. Their speed could not be measured on such a processor, so that this is all that is known of it.
@Suite(
  .enabled(
    if: EmulatedProgram.missing.isEmpty,
    "not installed: \(EmulatedProgram.missing.joined(separator: ", ")); arm64's machine code is not looked at"
  ))
struct NEONMachineCodeTests {
  /// The functions that hold the loops, each with the least number of multiply-adds in its tallest tile, and how many
  /// times it is compiled, for tiles of different sorts. `Beside` is a row of four vectors.
  @Test(arguments: [
    ("forwardColumns", "Beside", 24, 1), ("inputGradientColumns", "Beside", 24, 1),
    ("weightGradientColumns", "Beside", 24, 1), ("productColumns", "Beside", 24, 1),
    ("transposedColumns", "Beside", 24, 1), ("pairColumns", "Beside", 24, 1),
    ("pooledColumns", "Wide", 24, 1),
    ("pooledColumns", "Narrow", 8, 1), ("lineColumns", "Narrow", 3, 6), ("tapColumns", "Narrow", 9, 3),
  ])
  func innerLoops(function: String, row: String, tile: Int, count: Int) throws {
    let kernels = try Disassembly.neon.get().kernels.filter {
      $0.symbol.contains(function) && $0.symbol.contains(row)
    }
    #expect(kernels.count == count, "is it specialized?")
    var tallest = 0
    for kernel in kernels {
      for loop in Disassembly.innermostLoops(kernel.instructions) {
        let products = loop.filter { $0.text.contains(#/^f(?:mla|madd|mul)\t/#) }
        if products.isEmpty { continue }
        tallest = max(tallest, products.count)
        let odd = products.first { !$0.text.hasPrefix("fmla\t") || !$0.text.contains(".4s") }
        #expect(odd == nil, "multiplies in part of a vector, or not fused: \(odd?.text ?? "")")
        let spilled = loop.first(where: \.movesVectorOnStack)
        #expect(spilled == nil, "keeps an accumulator on the stack: \(spilled?.text ?? "")")
        let other = loop.filter { !$0.text.hasPrefix("fmla\t") }
        // No more than loads, addresses and the loop itself; a window's gradient is unpooled within its loop.
        if function != "tapColumns", products.count >= 16 {
          #expect(other.count <= products.count * 5 / 4, "\(other.map(\.text))")
        }
      }
    }
    #expect(tallest >= tile, "the tallest tile has \(tallest) multiply-adds a turn")
  }

  /// Weights' gradients lie side by side, so that a vector of values is loaded once and multiplied lane by lane.
  @Test(arguments: ["weightGradientColumns", "transposedColumns"]) func multipliesByLanes(function: String)
    throws
  {
    let kernel = try Disassembly.neon.get().kernels.first {
      $0.symbol.contains(function) && $0.symbol.contains("Beside")
    }
    let loops = Disassembly.innermostLoops(try #require(kernel).instructions)
    let byLane = loops.map { loop in loop.filter { $0.text.contains(#/^fmla\t.*\.s\[\d\]/#) }.count }
    #expect(byLane.max() ?? 0 >= 20)
  }

  /// The limit is nothing but multiply-adds, each with the copy of its addend that it overwrites.
  @Test func innerLoopOfTheLimit() throws {
    let kernel = try Disassembly.neon.get().kernels.filter { $0.symbol.contains("multiplyAddLimit") }
      .max { $0.instructions.count < $1.instructions.count }
    let loops = Disassembly.innermostLoops(try #require(kernel).instructions)
    #expect(loops.count == 1)
    for loop in loops {
      #expect(loop.filter { $0.text.contains(#/^fmla\tv\d+\.4s/#) }.count == 12)
      let odd = loop.first { $0.text.contains(#/^(?:ld|st)/#) }
      #expect(odd == nil, "reads memory in the loop: \(odd?.text ?? "")")
    }
  }
}
