import Compute
import Foundations
import NeuralNetworks
import Runs
import Terminal

/// Says on standard error what is about to be trained: the network with its shapes, the rows, the steps, the machine.
public func describeTraining(
  _ configuration: Configuration, rows: String, threads: Int, kernels: InstructionSet, run: String
) {
  for network in configuration.distinctNetworks {
    note("network \(network.network.named)\n\(network.summary)")
  }
  note("rows    \(rows)")
  note("images  \(configuration.augmentationText)")
  if let recipe = Recipe(of: configuration) { note("recipe  \(recipe)") }
  note("steps   \(configuration.stepsText)")
  note("machine \(threads) \(threads == 1 ? "thread" : "threads"), \(kernels.name)")
  note("run     \(run)\n")
}
