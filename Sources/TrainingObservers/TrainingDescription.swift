import Compute
import Foundations
import NeuralNetworks
import Runs
import Terminal

/// Prints on standard error what is about to be trained: the networks with their shapes, the rows, what the options say,
/// the machine.
public func describeTraining(
  _ configuration: Configuration, rows: String, threads: Int, kernels: any InstructionSet, run: String
) {
  for network in configuration.distinctNetworks {
    note("network \(network.network.named)\n\(network.summary)", keepsLines: true)
  }
  note("rows    \(rows)")
  note("recipe  \(configuration.recipeText)")
  note("images  \(configuration.text(of: .preprocessing)); \(configuration.text(of: .augmentation))")
  note("steps   \(configuration.text(of: .optimization))")
  note("machine \(threads) \(threads == 1 ? "thread" : "threads"), \(kernels.name)")
  note("run     \(run)")
  note("")
}
