import Compute
import Foundations
import NeuralNetworks
import Runs
import Terminal

/// Prints on standard error what is about to be trained: the networks with their shapes, the rows, what the options say,
/// the machine; of a run that is resumed, where it stands.
public func describeTraining(
  _ configuration: Configuration, rows: String, threads: Int, kernels: any InstructionSet, run: String,
  resumed: String?
) {
  for network in configuration.distinctNetworks {
    note("network \(network.network.named)\n\(network.summary)", keepsLines: true)
  }
  note("rows    \(rows)")
  note("recipe  \(configuration.recipeText)")
  note("images  \(configuration.text(of: .preprocessing)); \(configuration.text(of: .augmentation))")
  note("steps   \(configuration.text(of: .optimization))")
  note("machine \(threads) \(threads == 1 ? "thread" : "threads"), \(kernels.name)")
  if let resumed { note("resumed \(resumed)") }
  note("run     \(run)")
  note("")
}
