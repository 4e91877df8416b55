import ArgumentParser
import Compute
import Ensembling
import Exchange
import Foundations
import Options
import Terminal

/// Trained networks for other programs.
struct ExportCommand: Command {
  static let configuration = CommandConfiguration.command(
    "export",
    discussion: """
      Writes one checkpoint or a whole ensemble, with its weights, average and preprocessing, as an ONNX model (opset \
      \(ExportedEnsemble.opset), IR \(ExportedEnsemble.irVersion)) that any ONNX runtime loads:

        model = onnxruntime.InferenceSession("model.onnx")
        probabilities, = model.run(None, {"pixels": pixels})

      pixels are rows of 784 numbers as in Kaggle's files, 0 (paper) to 255 (ink); probabilities are rows of ten. The same \
      sources give the same bytes.
      """)

  @Argument(
    help: ArgumentHelp("Checkpoints, runs or cross-validations.", valueName: "source"), completion: .file())
  var sources: [String]

  @Option(help: ArgumentHelp("Where to write the model.", valueName: "path"), completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "Type of the ONNX model's pixels: uint8 or float32, for converters that know no bytes.",
      valueName: "type"))
  var input = PixelType.uint8

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @Flag(help: "Replace existing files.")
  var force = false

  func run() throws {
    try requireOwnFiles(
      [(OutputFile("--output", output), "an ONNX model", ".onnx")], sources: sources,
      fitted: weighting.fitWeights, data: nil)
    let (options, _) = try weighting.weighted(prediction, sources: sources)
    let ensemble = try Ensemble(
      sources: sources, options: options, threads: 1, kernels: InstructionSets.detected())
    try noteUnfinished(sources)
    let exported = try ExportedEnsemble(ensemble)
    let bytes = try exported.onnx(input: input)
    try WholeFile.write(bytes, to: output, replacing: force)
    printLine("\(output): \(grouped(bytes.count)) bytes")
  }
}

extension PixelType: ExpressibleByArgument {}
