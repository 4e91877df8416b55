import ArgumentParser
import CommandLine
import Foundations

@main
struct Report: Stage {
  static let configuration = CommandConfiguration.stage("report")

  func run() throws {
    throw KitError(.failure, "reports are not there yet")
  }
}
