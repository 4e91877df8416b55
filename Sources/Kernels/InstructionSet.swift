import KernelShapes

/// This folder's kernels, compiled for one instruction set. A kernel is a method, in the file of what it computes;
/// `InstructionSet` lists all of them, and the compiler says which one is missing.
final class Level: InstructionSet {
  #if AVX512
    let name = "avx512"
  #elseif AVX2
    let name = "avx2"
  #else
    let name = "neon"
  #endif
}

/// The kernels of the instruction set that this module was compiled for.
public func instructionSet() -> any InstructionSet { Level() }
