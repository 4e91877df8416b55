import ArgumentParser
import Competition
import Foundations
import Runs
import Terminal

@main
struct Demo: Command {
  static let configuration = CommandConfiguration.command(
    "demo",
    discussion: """
      Creates synthetic data, trains two networks on it (or as --recipe says), writes a submission with their average, and \
      scores it. Shows each command as you would type it. Running it again replaces the earlier results.
      """)

  @Option(
    help: ArgumentHelp("The folder for data, run and submission.", valueName: "folder"),
    completion: .directory)
  var output = "demo"

  @Option(
    help: ArgumentHelp(
      "Train by a recipe, see kaggle-digits train --help. (default: \(Recipe.fast) with two members)",
      valueName: "name"))
  var recipe: Recipe?

  @OptionGroup var threading: ThreadOptions

  @Flag(help: "Don't show progress.")
  var quiet = false

  @Flag(help: "Print the result as JSON; the commands' own output goes to standard error.")
  var json = false

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output is empty; it takes a folder") }
  }

  func run() throws {
    let data = "\(output)/data"
    let run = "\(output)/run"
    let submission = "\(output)/submission.csv"
    let threads = threading.threads.map { ["--threads", "\($0)"] } ?? []
    let silence = quiet ? ["--quiet"] : []
    try makeFolders(output)
    try requireOwnFolder()
    try command("sample", ["--output", data, "--force"] + silence)
    try command(
      "train",
      ["--data", data] + (recipe.map { ["--recipe", $0.rawValue] } ?? ["--members", "2"])
        + ["--output", run, "--force"] + threads + silence)
    try command("submit", [run, "--data", data, "--output", submission, "--force"] + threads + silence)

    let (correct, rows) = try score(submission, against: "\(data)/test_labels.csv")
    let accuracy = Double(correct) / Double(rows)
    note("")
    if json {
      printJSON(
        .object([
          ("run", .string(run)), ("submission", .string(submission)), ("test-images", .integer(rows)),
          ("correct", .integer(correct)), ("accuracy", .number(accuracy)),
        ]))
    } else {
      printLine(
        "\(grouped(correct)) of \(grouped(rows)) test images, which no network saw in training, are classified correctly: \(percent(accuracy, space: " "))."
      )
    }
    note(
      """

      To draw digits of your own, which these networks answer:

        kaggle-digits serve \(run)

      These were synthetic digits. With Kaggle's data (download digit-recognizer.zip from
      https://www.kaggle.com/competitions/digit-recognizer/data):

        kaggle-digits train --data digit-recognizer.zip --recipe balanced
        kaggle-digits submit runs/… --data digit-recognizer.zip
      """, keepsLines: true)
  }

  /// Throws `cannotWrite` if the folder has data that is not from a demo, since it would be replaced. Only a sample has
  /// answers.
  private func requireOwnFolder() throws(KitError) {
    let names = try folderEntries(output)
    if names.isEmpty { return }
    let files = names.contains("data") ? try folderEntries("\(output)/data") : names
    guard files.contains("test_labels.csv") || !files.contains(where: { $0.hasSuffix(".csv") }) else {
      throw KitError(
        .cannotWrite,
        "\(output) has files that are not from an earlier demo; choose another folder with --output")
    }
  }

  /// Runs a command; throws its exit status unless that is 0.
  private func command(_ name: String, _ arguments: [String]) throws {
    let status = try runCommand(name, arguments, outputToErrors: json)
    if status == 130 || status == 143 { note("the demo was stopped; kaggle-digits demo starts it again") }
    if status != 0 { throw ExitCode(status) }
  }

  /// How many labels of a submission are correct, and how many there are.
  private func score(_ submission: String, against answers: String) throws(KitError) -> (
    correct: Int, rows: Int
  ) {
    var (predicted, expected): ([UInt8], [UInt8]) = ([], [])
    let rows = try checkSubmission(at: answers, expectedRows: nil) { expected.append($0) }
    try checkSubmission(at: submission, expectedRows: rows) { predicted.append($0) }
    return (zip(predicted, expected).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }, rows)
  }
}

extension Recipe: ExpressibleByArgument {}
