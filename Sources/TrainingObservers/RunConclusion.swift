import Compute
import Foundations
import Terminal

/// What comes when all trainings of a run are done: the scores, the page, and what the user is told.
public struct RunConclusion {
  let reporting: OutputOptions
  /// Where the test images are probably, for the next command.
  let data: String
  let threads: Int
  let kernels: any InstructionSet

  /// A conclusion that is printed as the options say; `data` is the training's, which the next command probably needs.
  public init(_ reporting: OutputOptions, data: String, threads: Int, kernels: any InstructionSet) {
    (self.reporting, self.data, self.threads, self.kernels) = (reporting, data, threads, kernels)
  }
}
