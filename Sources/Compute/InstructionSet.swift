import CMachine
import Foundations
import Platform

// Re-exported so that users of the kernels can name their operands.
@_exported import KernelShapes

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
#else
  import Kernels
#endif

/// The instruction sets that this processor has.
public enum InstructionSets {
  /// Their kernels, the best first; empty on an x86-64 processor from before 2013.
  public static let available: [any InstructionSet] = {
    #if arch(x86_64)
      switch x86Level() {
      // AVX-512 F, BW, CD, DQ and VL (x86-64-v4); AVX2 and fused multiply-add (x86-64-v3).
      case 4: [KernelsAVX512.instructionSet(), KernelsAVX2.instructionSet()]
      case 3: [KernelsAVX2.instructionSet()]
      default: []
      }
    #else
      // NEON. Compared with the others under emulation, see `Tests/KernelsTests/EmulationTests.swift`.
      [Kernels.instructionSet()]
    #endif
  }()

  /// The kernels of the best one, or of the one that `$KAGGLE_DIGITS_ISA` names.
  ///
  /// - Throws: `failure` on a processor that has none, `usage` if the named one is unknown or not available.
  public static func detected() throws(KitError) -> any InstructionSet {
    try detected(forcing: getenv("KAGGLE_DIGITS_ISA").map { String(cString: $0) } ?? "")
  }

  /// The same for the variable's value, empty for none: a test must not set it, since other tests start processes.
  static func detected(forcing wanted: String) throws(KitError) -> any InstructionSet {
    guard let best = available.first else {
      throw KitError(
        .failure,
        "this processor has no AVX2 with fused multiply-add (x86-64-v3, 2013 and later), which the kit needs")
    }
    if wanted.isEmpty { return best }
    guard let forced = available.first(where: { $0.name == wanted }) else {
      let names = available.map(\.name).joined(separator: ", ")
      throw KitError(.usage, "KAGGLE_DIGITS_ISA is '\(wanted)'; this processor has: \(names)")
    }
    return forced
  }
}
