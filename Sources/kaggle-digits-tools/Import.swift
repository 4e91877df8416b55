import ArgumentParser
import Competition
import Exchange
import Foundations
import Runs
import Terminal

/// Networks that come back from a Python library.
struct ImportCommand: Command {
  static let configuration = CommandConfiguration.command(
    "import",
    discussion: """
      Reads a folder that 'kaggle-digits export --to pytorch' or '--to keras' wrote, with the weights in it or others that \
      were trained there and saved by its model.py (or by any other program, under the same names), and writes the members' \
      checkpoints. Weights that were not changed come back byte for byte.
      """)

  @Argument(help: ArgumentHelp("The folder.", valueName: "folder"), completion: .directory)
  var folder: String

  @Option(
    help: ArgumentHelp(
      "Read the weights from this file. (default: the folder's \(ExportedFolder.weightsName))",
      valueName: "file"), completion: .file())
  var weights: String?

  @Option(
    help: ArgumentHelp("New folder for the members' checkpoints.", valueName: "folder"),
    completion: .directory)
  var output: String

  func run() throws {
    let output = withoutFinalSlash(output)
    guard !fileExists(output) || (try? folderEntries(output)) == [] else {
      throw KitError(.cannotWrite, "\(output) already exists; choose a new folder")
    }
    let folder = withoutFinalSlash(folder)
    let ensemble = try ImportedEnsemble(
      description: "\(folder)/\(ExportedFolder.descriptionName)",
      weights: weights ?? "\(folder)/\(ExportedFolder.weightsName)", side: DigitTable.side)
    var paths: [String] = []
    for (number, member) in ensemble.members.enumerated() {
      let directory = RunDirectory.member(number + 1, of: output).path
      try makeFolders(directory)
      try member.checkpoint.write(to: LastCheckpointFile.path(in: directory), replacing: false)
      paths.append(directory)
    }
    show(ensemble, paths, output)
  }

  private func show(_ ensemble: ImportedEnsemble, _ paths: [String], _ output: String) {
    let changed = ensemble.members.count(where: \.isChanged)
    printLine("\(output): \(ensemble.members.count == 1 ? "1 member" : "\(ensemble.members.count) members")")
    if changed > 0 {
      note(
        "note: \(changed == ensemble.members.count ? "the weights" : "the weights of \(changed)") were changed since they "
          + "were exported; it is not known which rows they were trained on, so scores on train.csv may be optimistic"
      )
    }
    var settings = PredictionSettings()
    settings.average = ensemble.average
    let sources = ensemble.weights == nil ? [output] : paths
    let shares = ensemble.weights.map { ["--weights", $0.map { "\($0)" }.joined(separator: ",")] } ?? []
    let words = ["kaggle-digits", "submit"] + sources + settings.arguments + shares
    note("next: " + words.map(quoted).joined(separator: " "))
  }
}
