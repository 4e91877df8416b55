import ArgumentParser
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Options
import Pictures
import Reporting
import Terminal

/// How many digits a picture shows.
enum DigitCount: String, CaseIterable, ExpressibleByArgument {
  case one
  case many
}

@main
struct Predict: Command {
  static let configuration = CommandConfiguration.command(
    "predict",
    discussion: """
      Reads the digits in pictures of your own: photos, scans, drawings, dark on light or light on dark. The ink is found, \
      scaled and placed as MNIST's digits are, and the networks say what it is; --show draws what they see.

      PICTURE is a PNG, JPEG, PGM, PPM or PBM file, a folder of such files, or - for standard input. A picture of 28×28 \
      pixels that is already placed as MNIST's is taken as it is. "not sure" is said below the confidence at which one \
      answer in five is wrong, by the out-of-fold predictions of a cross-validation among the sources; without one, below \
      0.8.
      """)

  @Argument(
    help: ArgumentHelp(
      "Checkpoints, runs or cross-validations, and the pictures, in any order.",
      valueName: "source-or-picture"),
    completion: .file())
  var names: [String]

  @Option(
    help: ArgumentHelp("Whether a picture shows one digit or many, read as a number.", valueName: "count"))
  var digits = DigitCount.one

  @Flag(help: "Draw on standard output what the networks see.")
  var show = false

  @Option(
    help: ArgumentHelp("Write the 28×28 images that the networks see into this folder.", valueName: "folder"),
    completion: .directory)
  var save: String?

  @Option(
    help: ArgumentHelp(
      "Write a page for a browser: the pictures, what was found in them, and where the networks look.",
      valueName: "file"),
    completion: .file())
  var html: String?

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func run() throws {
    Interruption.install()
    let inputs = try Inputs(names)
    let (options, _) = try weighting.weighted(prediction, sources: inputs.sources)
    let outputs = try Outputs(save: save, html: html, of: inputs, force: reporting.force)
    let ensemble = try Ensemble(
      sources: inputs.sources, options: options, threads: threading.count,
      kernels: InstructionSets.detected(),
      keepsPredictions: true)
    try noteUnfinished(inputs.sources)
    let reader = PictureReader(
      ensemble: ensemble, doubt: try Doubt(of: inputs.sources), many: digits == .many, forPage: html != nil)
    let progress = ProgressReport(quiet: reporting.quiet)
    var answers: [PictureAnswer] = []
    for (number, name) in inputs.pictures.enumerated() {
      try StopRequest.check(while: "reading pictures")
      if inputs.pictures.count > 1 {
        progress.update(
          lane: 0, label: "reading", completed: number, total: inputs.pictures.count, unit: "pictures",
          detail: "")
      }
      let answer = try reader.answer(to: name)
      try outputs.save(answer)
      if !reporting.json { show(answer, ensemble) }
      answers.append(answer)
    }
    progress.finish()
    try outputs.writePage(of: answers, by: ensemble)
    if reporting.json { printJSON(.array(answers.map(\.json))) }
    for text in outputs.notes { note(text) }
    if let error = answers.compactMap(\.refusal).first { throw ExitCode(error.kind.rawValue) }
  }

  private func show(_ answer: PictureAnswer, _ ensemble: Ensemble) {
    if let error = answer.refusal { return printError(error.message) }
    for line in answer.lines { printLine(line) }
    if !show { return }
    for digit in answer.digits {
      let kinds = Set(ensemble.members.map(\.checkpoint.origin.preprocessing)).subtracting([.none])
        .sorted { $0.rawValue < $1.rawValue }
      var pictures = [digit.found.image]
      for kind in kinds { pictures.append(ensemble.preprocessed(digit.found.image, by: kind)) }
      printTable(drawing(of: pictures, titles: ["found"] + kinds.map(\.rawValue)))
    }
  }
}
