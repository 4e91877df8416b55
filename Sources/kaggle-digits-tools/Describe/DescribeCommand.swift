import ArgumentParser
import Compute
import Foundations
import NeuralNetworks
import Options
import Terminal
import Training

/// `kaggle-digits describe`: what a network is made of and what it costs.
struct DescribeCommand: Command {
  static let configuration = CommandConfiguration.command(
    "describe",
    discussion: """
      Of each layer: the shape of its output (rows×columns×channels), the part of the image that one of its outputs \
      depends on, trained parameters, and multiply-adds for an image. Of the whole: the checkpoint's size, the memory for \
      training and prediction, and the images per second that this machine trains and predicts, measured for a moment \
      ('kaggle-digits benchmark' measures at length). Of a checkpoint also where it comes from.

      Networks are written as layers joined by hyphens:
      \(Network.notationHelp)

      or named:
      \(NamedNetwork.help)
      """)

  @Argument(
    help: ArgumentHelp(
      "Networks by name or notation, checkpoints, runs or cross-validations.", valueName: "network"),
    completion: .file())
  var networks: [String]

  @Option(help: ArgumentHelp("Images in a training step.", valueName: "count"))
  var batch = 128

  @Flag(help: "Don't measure the speed.")
  var noSpeed = false

  @OptionGroup var threading: ThreadOptions

  @Flag(help: "Print the result as JSON.")
  var json = false

  func validate() throws {
    guard (1...65_536).contains(batch) else {
      throw ValidationError("--batch is \(batch); it must be between 1 and 65536")
    }
  }

  func run() throws {
    Interruption.install()
    let kernels = try InstructionSets.detected()
    let subjects = try DescribedNetwork.all(named: networks)
    var descriptions: [JSON] = []
    for (index, subject) in subjects.enumerated() {
      try StopRequest.check(while: "describing networks")
      let costs = NetworkCosts(of: subject.network, batch: batch, threads: threading.count)
      if !noSpeed { try costs.requireMemory(for: subject.network) }
      let speed = noSpeed ? nil : speed(of: subject.network, kernels)
      if json {
        descriptions.append(subject.json(costs, speed, threads: threading.count, kernels: kernels))
      } else {
        if index > 0 { printLine() }
        printTable(subject.text(costs, speed, threads: threading.count, kernels: kernels))
      }
    }
    if json { printJSON(.array(descriptions)) }
  }

  private func speed(
    of network: ShapedNetwork, _ kernels: any InstructionSet
  ) -> (trained: Double, predicted: Double) {
    (
      NetworkSpeed.trained(network, batch: batch, threads: threading.count, kernels: kernels),
      NetworkSpeed.predicted(network, threads: threading.count, kernels: kernels)
    )
  }
}
