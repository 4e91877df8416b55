import CommandLine
import Compute
import Foundations
import NeuralNetworks
import Training

/// Says on standard error what is about to be trained: the network with its shapes, the rows, the steps, the machine.
public func describeTraining(
  _ configuration: Configuration, network: FittedNetwork, rows: String, threads: Int, kernels: InstructionSet,
  run: String
) {
  let name = NamedNetwork.all.first { $0.notation == configuration.network }.map { "\($0.name), " } ?? ""
  note("network \(name)\(configuration.network)\n\(network.summary)")
  note("rows    \(rows)")
  let augmentation = configuration.augmentation
  note(
    augmentation == .none
      ? "images  as they are"
      : "images  shift ±\(augmentation.shift), rotate ±\(augmentation.rotation)°, zoom ±\(augmentation.zoom), "
        + "shear ±\(augmentation.shear)°, drawn anew each epoch")
  var steps = "steps   \(configuration.epochs) \(configuration.epochs == 1 ? "epoch" : "epochs")"
  steps += ", batch \(configuration.batch), \(configuration.optimizer.rawValue)"
  steps += ", learning rate \(configuration.learningRate) \(configuration.schedule.rawValue)"
  switch configuration.averaging {
  case .none: break
  case .exponential(let decay): steps += ", weights averaged with decay \(decay)"
  case .lastEpochs(let count): steps += ", the last \(count) epochs' weights averaged"
  }
  note(steps)
  note("machine \(threads) \(threads == 1 ? "thread" : "threads"), \(kernels.name)")
  note("run     \(run)\n")
}
