import ArgumentParser
import Foundations
import Kaggle
import Reporting
import Runs
import Scoring
import Terminal

/// All runs and submissions below a folder in one table.
struct LeaderboardCommand: Command {
  static let configuration = CommandConfiguration.command(
    "leaderboard",
    discussion: """
      Finds every run, cross-validation and submission in a folder and the folders in it: when, recipe, networks, members, \
      validation or out-of-fold accuracy with its interval, public score, and whether it lies in the range expected \
      from the out-of-fold accuracy. --fetch asks Kaggle's program for the scores of uploaded submissions; --score takes one that you read \
      on Kaggle's page. Both are written into the submissions' manifests.
      """)

  @Argument(help: ArgumentHelp("The folder to search.", valueName: "folder"), completion: .directory)
  var folder = "."

  @Flag(help: "Ask Kaggle for the scores of your submissions.")
  var fetch = false

  @Option(
    help: ArgumentHelp(
      "A submission's public score, such as first=0.99757; may be given several times.",
      valueName: "name=score"))
  var score: [String] = []

  @Option(help: ArgumentHelp("Sort by score, accuracy or when.", valueName: "order"))
  var sort = Leaderboard.Order.score

  @Option(
    help: ArgumentHelp("Also write a web page.", valueName: "file"), completion: .file(extensions: ["html"]))
  var output: String?

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    if output == "" { throw ValidationError("--output is empty; it takes a file") }
    _ = try scores()
  }

  func run() throws {
    Interruption.install()
    if let output { try requireFormat(OutputFile("--output", output), ending: ".html", what: "a page") }
    let page = try output.map { path throws(KitError) in
      try WholeFile(at: path, replacing: reporting.force)
    }
    var board = try Leaderboard(of: folder, sortedBy: sort)
    for problem in board.problems { printWarning(problem) }
    if !score.isEmpty || fetch {
      for (name, value) in try scores() { try Scores.enter(value, into: try submission(name, of: board)) }
      if fetch {
        if !score.isEmpty { board = try Leaderboard(of: folder, sortedBy: sort) }
        let (changed, unknown) = try Scores.fetch(into: board.manifests, by: try KaggleProgram())
        let others = unknown == 0 ? "" : "; \(unknown) of Kaggle's submissions match none here"
        note("updated \(changed) of \(board.manifests.count) submissions from Kaggle\(others)")
      }
      board = try Leaderboard(of: folder, sortedBy: sort)
    }
    if reporting.json {
      printJSON(board.json)
    } else if board.rows.isEmpty {
      printLine("there are no runs and no submissions in \(folder)")
    } else {
      printTable(board.text)
    }
    guard let page, let output else { return }
    try page.write(board.page(of: folder).html)
    try page.commit()
    note("page: \(output) (open in a browser)")
  }

  /// The names and values of `--score`.
  private func scores() throws -> [(name: String, score: PublicScore)] {
    try score.map { text in
      guard let sign = text.lastIndex(of: "="), sign > text.startIndex,
        let value = PublicScore(String(text[text.index(after: sign)...]))
      else {
        throw ValidationError(
          "--score is '\(text)'; it takes a submission's name and a score from 0 to 1, such as first=0.99757")
      }
      return (String(text[..<sign]), value)
    }
  }

  /// The manifest of a submission by its name, or its path.
  private func submission(_ name: String, of board: Leaderboard) throws(KitError) -> ManifestFile {
    let found = board.manifests.filter { [$0.name, $0.path, $0.submissionPath].contains(name) }
    if found.count == 1 { return found[0] }
    if found.isEmpty {
      let names = board.manifests.map(\.name)
      let nearest = nearestName(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw KitError(
        .usage, "--score: there is no submission '\(name)' with a manifest in \(folder)\(nearest)")
    }
    throw KitError(
      .usage,
      "--score: '\(name)' is the name of several submissions (\(found.map(\.submissionPath).joined(separator: ", "))); give its path"
    )
  }
}

extension Leaderboard.Order: ExpressibleByArgument {}
