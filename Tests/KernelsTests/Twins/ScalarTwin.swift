import Compute

/// Every kernel as a few plain loops in the order that the kernel's comment states: what each instruction set must
/// equal to the bit.
final class ScalarTwin: InstructionSet {
  let name = "scalar"
}
