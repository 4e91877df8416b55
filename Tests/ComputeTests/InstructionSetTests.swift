import Foundations
import Testing
@testable import Compute

@Suite struct InstructionSetTests {
  @Test func theBestIsTakenUnlessOneIsForced() throws {
    let names = InstructionSets.available.map(\.name)
    #expect(try InstructionSets.detected(forcing: "").name == names.first)
    for name in names { #expect(try InstructionSets.detected(forcing: name).name == name) }
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: ["avx1024", "AVX2", "avx2 ", "sse2"]) func unknownOnesAreRefused(name: String) throws {
    let error = #expect(throws: KitError.self) { try InstructionSets.detected(forcing: name) }
    let names = InstructionSets.available.map(\.name).joined(separator: ", ")
    #expect(error?.kind == .usage)
    #expect(error?.message == "KAGGLE_DIGITS_ISA is '\(name)'; this processor has: \(names)")
  }

  #if arch(x86_64)
    /// The levels come from the processor: one that has AVX-512 has AVX2 too, and that is second.
    @Test func levelsAreInOrder() {
      #expect([["avx512", "avx2"], ["avx2"], []].contains(InstructionSets.available.map(\.name)))
    }
  #endif
}
