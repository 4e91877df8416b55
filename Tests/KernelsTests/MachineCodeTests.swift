import Testing

#if arch(x86_64)
  /// What the compiler made of the kernels: whole vectors, and accumulators that stay in registers. One that lives in
  /// memory gives the same numbers at a quarter of the speed, so no other test would notice.
  @Suite(.enabled(if: Disassembly.tool != nil, "objdump is not installed: the machine code is not looked at"))
  struct MachineCodeTests {
    /// What a level's tiles are: the vector register and the least number of multiply-adds in the tallest tile.
    struct Level {
      let module: String
      let register: String
      let wideTile: Int
      let narrowTile: Int
      let pairTile: Int
    }

    private static let levels = [
      Level(module: "KernelsAVX512", register: "%zmm", wideTile: 16, narrowTile: 12, pairTile: 16),
      Level(module: "KernelsAVX2", register: "%ymm", wideTile: 12, narrowTile: 6, pairTile: 12),
    ]

    @Test func innerLoopsOfTheConvolutions() throws {
      let disassembly = try Disassembly.shared.get()
      for level in Self.levels {
        for function in [
          "forwardColumns", "inputGradientColumns", "weightGradientColumns", "productColumns",
          "transposedColumns",
        ] {
          for (row, tile) in [("Wide", level.wideTile), ("Narrow", level.narrowTile)] {
            let name = "\(level.module) \(function) \(row)"
            let kernel = disassembly.kernels.first {
              $0.symbol.contains(level.module) && $0.symbol.contains(function) && $0.symbol.contains(row)
            }
            let instructions = try #require(kernel?.instructions, "\(name) has no symbol: is it specialized?")
            check(Disassembly.innermostLoops(instructions), level, tile, name)
          }
        }
        // Up to six channels of up to three positions; and images whose columns are paired.
        for (function, count, tile) in [("lineColumns", 6, 3), ("pairColumns", 1, level.pairTile)] {
          let kernels = disassembly.kernels.filter {
            $0.symbol.contains(level.module) && $0.symbol.contains(function)
          }
          #expect(kernels.count == count)
          for kernel in kernels {
            check(Disassembly.innermostLoops(kernel.instructions), level, tile, kernel.symbol)
          }
        }
      }
    }

    /// A limit that was measured with anything else in the loop would flatter the kernels.
    @Test func innerLoopOfTheLimit() throws {
      let disassembly = try Disassembly.shared.get()
      for (level, chains) in zip(Self.levels, [24, 12]) {
        // The protocol's entry in the table may be a function of its own that only jumps to the kernel.
        let kernel = disassembly.kernels.filter {
          $0.symbol.contains(level.module) && $0.symbol.contains("multiplyAddLimit")
        }.max { $0.instructions.count < $1.instructions.count }
        let loops = try Disassembly.innermostLoops(#require(kernel).instructions)
        #expect(loops.count == 1)
        for loop in loops {
          let vectors = loop.filter { $0.text.contains("mm") }
          #expect(vectors.count % chains == 0 && vectors.count >= chains)
          let odd = vectors.first { !$0.text.hasPrefix("vfmadd") || !$0.text.contains(level.register) }
          #expect(odd == nil, "\(level.module): \(odd?.text ?? "")")
          #expect(!vectors.contains { $0.text.contains("(") }, "\(level.module) reads memory in the loop")
        }
      }
    }

    private func check(_ loops: [[Disassembly.Instruction]], _ level: Level, _ tile: Int, _ name: String) {
      var tallest = 0
      for loop in loops {
        let products = loop.filter { $0.text.hasPrefix("vfmadd") }
        if products.isEmpty { continue }
        tallest = max(tallest, products.count)
        let odd = products.first { !$0.text.contains(level.register) || !$0.text.contains("ps ") }
        #expect(odd == nil, "\(name) multiplies in part of a vector: \(odd?.text ?? "")")
        let spilled = loop.first { $0.movesVectorOnStack }
        #expect(spilled == nil, "\(name) keeps an accumulator on the stack: \(spilled?.text ?? "")")
      }
      #expect(tallest >= tile, "\(name): the tallest tile has \(tallest) multiply-adds a turn")
    }

    /// A processor without AVX-512 dies of one such instruction; the linker could bring it in through a symbol that
    /// both levels have.
    @Test func noOtherCodeNeedsAVX512() throws {
      let disassembly = try Disassembly.shared.get()
      #expect(disassembly.leaks.sorted() == [])
      // Neither list is empty because nothing was found.
      #expect(disassembly.kernels.contains { $0.symbol.contains("KernelsAVX2") && !$0.instructions.isEmpty })
      #expect(
        disassembly.kernels.contains {
          $0.symbol.contains("KernelsAVX512") && $0.instructions.contains { $0.text.contains("%zmm") }
        })
    }
  }
#endif
