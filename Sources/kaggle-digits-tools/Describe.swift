import ArgumentParser
import Foundations
import NeuralNetworks
import Terminal

/// Layers, shapes and costs of networks.
struct DescribeCommand: Command {
  static let configuration = CommandConfiguration.command("describe")

  @Argument(help: ArgumentHelp("Architectures.", valueName: "network"))
  var networks: [String]

  func run() throws {
    for text in networks {
      let network = try Network(notation: text)
      printTable(try ShapedNetwork(network, side: 28).summary)
    }
  }
}
