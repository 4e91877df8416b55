import ArgumentParser
import Foundations
import SyntheticDigits
import Terminal

@main
struct Sample: Command {
  static let configuration = CommandConfiguration.command(
    "sample",
    discussion: """
      Writes train.csv, test.csv and sample_submission.csv in Kaggle's format, and test_labels.csv with the answers. The \
      digits are drawn stroke by stroke; the same seed gives the same bytes on every machine.
      """)

  @Option(help: ArgumentHelp("The folder for the files.", valueName: "folder"), completion: .directory)
  var output = "sample"

  @Option(help: ArgumentHelp("Number of rows in train.csv.", valueName: "count"))
  var trainRows = 5000

  @Option(help: ArgumentHelp("Number of rows in test.csv.", valueName: "count"))
  var testRows = 2000

  @Option(help: ArgumentHelp("Seed of the random numbers.", valueName: "number"))
  var seed: UInt64 = 1

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    for (name, rows) in [("--train-rows", trainRows), ("--test-rows", testRows)] {
      guard (1...10_000_000).contains(rows) else {
        throw ValidationError("\(name) is \(rows); it must be from 1 to 10,000,000")
      }
    }
    if output.isEmpty { throw ValidationError("--output is empty; it takes a folder") }
  }

  func run() throws {
    let sample = SyntheticSample(trainRows: trainRows, testRows: testRows, seed: seed)
    Interruption.install()
    let report = ProgressReport(quiet: reporting.quiet)
    let files = try sample.write(to: output, replacing: reporting.force) { rows in
      report.update(
        lane: 0, label: "drawing", completed: rows, total: trainRows + testRows, unit: "digits", detail: "")
      return Interruption.requested == nil
    }
    report.finish()
    guard let files else {
      note("stopped; nothing was written")
      throw ExitCode(Interruption.exitStatus)
    }

    if reporting.json {
      printJSON(
        .object([
          ("files", .array(files.map { .string($0) })), ("seed", .string(String(seed))),
          ("train-rows", .integer(trainRows)), ("test-rows", .integer(testRows)),
        ]))
    } else {
      printLine("\(files[0]): \(grouped(trainRows)) synthetic digits with labels")
      printLine("\(files[1]): \(grouped(testRows)) digits without labels; the answers are in \(files[3])")
      printLine("\(files[2]): an example of a submission's format")
    }
    note("next: kaggle-digits train --data \(quoted(output))")
  }
}
