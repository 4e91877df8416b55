import ArgumentParser
import Compute
import Ensembling
import Exchange
import Foundations
import Options
import Terminal

/// Trained networks for other programs.
struct ExportCommand: Command {
  /// What networks are written as.
  enum Target: String, CaseIterable, ExpressibleByArgument {
    case onnx, pytorch, keras, page
  }

  static let configuration = CommandConfiguration.command(
    "export",
    discussion: """
      Writes one checkpoint or a whole ensemble, with its weights, average and preprocessing. The same sources give the \
      same bytes. Every export takes pixels as rows of 784 numbers as in Kaggle's files, 0 (paper) to 255 (ink), and gives \
      rows of ten probabilities.

      --to onnx: a file that any ONNX runtime loads (opset \(ExportedEnsemble.opset), IR \(ExportedEnsemble.irVersion)):

        model = onnxruntime.InferenceSession("model.onnx")
        probabilities, = model.run(None, {"pixels": pixels})

      --to pytorch, --to keras: a folder with \(ExportedFolder.codeName), which has architecture and preprocessing, the \
      weights, and what 'kaggle-digits import' needs to take them back, trained further or not. In the folder:

        from model import load
        ensemble = load()

      --to page: the page of 'kaggle-digits serve' with the networks in it, one file that answers in the browser and needs \
      no server: open it, or put it on any web host.
      """)

  @Argument(
    help: ArgumentHelp("Checkpoints, runs or cross-validations.", valueName: "source"), completion: .file())
  var sources: [String]

  @Option(help: ArgumentHelp("What to write.", valueName: "format"))
  var to = Target.onnx

  @Option(
    help: ArgumentHelp("Where to write: a file; a folder for PyTorch and Keras.", valueName: "path"),
    completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "Type of the ONNX model's pixels: uint8 or float32, for converters that don't support bytes. (default: uint8)",
      valueName: "type"))
  var input: PixelType?

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @Flag(help: "Replace existing files.")
  var force = false

  func validate() throws {
    if to != .onnx && input != nil { throw ValidationError("--input is for --to onnx only") }
  }

  func run() throws {
    try requireOwnFiles()
    let (options, _) = try weighting.weighted(prediction, sources: sources)
    let ensemble = try Ensemble(
      sources: sources, options: options, threads: 1, kernels: InstructionSets.detected())
    try noteUnfinished(sources)
    let exported = try ExportedEnsemble(ensemble)
    switch to {
    case .onnx:
      let bytes = try exported.onnx(input: input ?? .uint8)
      try WholeFile.write(bytes, to: output, replacing: force)
      printLine("\(output): \(grouped(bytes.count)) bytes")
    case .pytorch: try write(exported, for: .pytorch)
    case .keras: try write(exported, for: .keras)
    case .page:
      let doubt = try Doubt(of: sources)
      let page = try exported.page(unsure: (doubt.threshold, doubt.origin))
      try WholeFile.write(page, to: output, replacing: force)
      printLine(
        "\(output): \(grouped(page.utf8.count)) bytes (open it in a browser, or put it on a web host)")
    }
  }

  private func write(_ exported: ExportedEnsemble, for library: PythonLibrary) throws(KitError) {
    let folder = withoutFinalSlash(output)
    try ExportedFolder.write(exported, for: library, to: folder, replacing: force)
    printLine("\(folder): \(ExportedFolder.names.joined(separator: ", "))")
  }

  /// Refuses outputs that would replace what is read, and names of another format.
  private func requireOwnFiles() throws(KitError) {
    let outputs: [(file: OutputFile, what: String, ending: String)] =
      switch to {
      case .onnx: [(OutputFile("--output", output), "an ONNX model", ".onnx")]
      case .page: [(OutputFile("--output", output), "a page", ".html")]
      case .pytorch, .keras:
        ExportedFolder.names.map { name in
          let ending = String(name[(name.lastIndex(of: ".") ?? name.startIndex)...])
          return (OutputFile("--output's \(name)", "\(withoutFinalSlash(output))/\(name)"), "it", ending)
        }
      }
    try Options.requireOwnFiles(outputs, sources: sources, fitted: weighting.fitWeights, data: nil)
  }
}

extension PixelType: ExpressibleByArgument {}
