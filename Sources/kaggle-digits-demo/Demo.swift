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
      Draws a synthetic competition, trains two networks on it (or what --recipe says), writes a submission with their \
      average and scores it against the answers. It shows each command as you would type it, and can be run again and \
      again.
      """)

  @Option(help: ArgumentHelp("Where to write everything.", valueName: "folder"), completion: .directory)
  var output = "demo"

  @Option(
    help: ArgumentHelp(
      "Train by a recipe, see kaggle-digits train --help. (default: \(Recipe.fast) with two members)",
      valueName: "name"))
  var recipe: Recipe?

  @OptionGroup var threading: ThreadOptions

  @Flag(help: "Show no progress.")
  var quiet = false

  @Flag(help: "Print the result as JSON; what the commands print goes to standard error.")
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

    let (right, rows) = try score(submission, against: "\(data)/test_labels.csv")
    let share = fixed(100 * Double(right) / Double(rows), 2)
    note("")
    if json {
      printJSON(
        .object([
          ("run", .string(run)), ("submission", .string(submission)), ("test-images", .integer(rows)),
          ("read-right", .integer(right)), ("accuracy", .number(Double(right) / Double(rows))),
        ]))
    } else {
      print(
        "Of the \(grouped(rows)) test images, which no network saw in training, \(grouped(right)) are read right: \(share) %."
      )
    }
    note(
      """

      That was the whole way on drawn digits. With Kaggle's data (digit-recognizer.zip from
      https://www.kaggle.com/competitions/digit-recognizer/data, as downloaded):

        kaggle-digits train --data digit-recognizer.zip --recipe balanced
        kaggle-digits submit runs/… --data digit-recognizer.zip
      """)
  }

  /// Refuses a folder that another than the demo filled: what is in it is replaced. Nobody else writes answers.
  private func requireOwnFolder() throws(KitError) {
    let names = try folderEntries(output)
    if names.isEmpty { return }
    let files = names.contains("data") ? try folderEntries("\(output)/data") : names
    guard files.contains("test_labels.csv") || !files.contains(where: { $0.hasSuffix(".csv") }) else {
      throw KitError(
        .cannotWrite, "\(output) holds something else than an earlier demo; give --output another name")
    }
  }

  /// Runs a command and ends with its status unless that is 0.
  private func command(_ name: String, _ arguments: [String]) throws {
    let status = try runCommand(name, arguments, outputToErrors: json)
    if status == 130 || status == 143 { note("the demo was stopped; kaggle-digits demo starts it over") }
    if status != 0 { throw ExitCode(status) }
  }

  /// How many labels of a submission are the answers', and of how many.
  private func score(_ submission: String, against answers: String) throws(KitError) -> (
    right: Int, rows: Int
  ) {
    var (given, wanted): ([UInt8], [UInt8]) = ([], [])
    let rows = try checkSubmission(at: answers, expectedRows: nil) { wanted.append($0) }
    try checkSubmission(at: submission, expectedRows: rows) { given.append($0) }
    return (zip(given, wanted).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }, rows)
  }
}

extension Recipe: ExpressibleByArgument {}
