import Compute
import Foundations
import NeuralNetworks
import Runs

extension PlanFile {
  /// The rows of the table.
  public var rows: Int { (file.digitCounts ?? []).reduce(0, +) }

  /// Seconds that the longest task takes on this machine, about: a moment's measured speed, augmentation left out, all rows
  /// in every epoch. (How many `--skip-learnt` will leave out is not known before; a task that is given too little time
  /// is killed.)
  public func secondsPerTask(threads: Int, kernels: any InstructionSet) throws(KitError) -> Double {
    let configuration = file.configuration
    let all = Double(min(rows, configuration.limit ?? rows))
    let heldOut = configuration.folds.map { 1 / Double($0.count) } ?? 0
    let images = all * (1 - heldOut) * (1 - configuration.validation) * Double(configuration.epochs)
    let slowest = try configuration.shapedNetworks().max { $0.multiplyAdds < $1.multiplyAdds }
    guard let slowest else { return 0 }
    let batch = max(1, min(configuration.batch, Int(all)))
    let speed = NetworkSpeed.trained(slowest, batch: batch, seconds: 0.2, threads: threads, kernels: kernels)
    return images / speed
  }
}
