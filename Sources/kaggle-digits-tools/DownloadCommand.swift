import ArgumentParser
import Foundations
import Kaggle
import Terminal

/// The competition's data by Kaggle's own program.
struct DownloadCommand: Command {
  static let configuration = CommandConfiguration.command(
    "download",
    discussion: """
      Runs Kaggle's official program (python3 -m pip install kaggle six), which must be logged in (kaggle auth login); you \
      must have accepted the competition's rules on its page. A download that was cut off is resumed. Both tables are \
      read to their ends before the file gets its name. This kit never sees your token.
      """)

  @Option(
    help: ArgumentHelp("Where to write the archive.", valueName: "file"), completion: .file())
  var output = "\(KaggleProgram.competition).zip"

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output is empty; it takes a file") }
    if isFolder(output) {
      throw ValidationError(
        "--output \(quoted(output)) is a folder; name the file: \(quoted(withoutFinalSlash(output)))/\(KaggleProgram.competition).zip"
      )
    }
  }

  func run() throws {
    Interruption.install()
    try requireFormat(OutputFile("--output", output), ending: ".zip", what: "the archive")
    let quiet = reporting.quiet
    let program = try KaggleProgram { if !quiet { showProgress($0) } }
    let download = try Download(to: output, replacing: reporting.force, by: program)
    if reporting.json {
      printJSON(
        .object([
          ("file", .string(output)), ("bytes", .integer(download.bytes)),
          ("training-rows", .integer(download.trainingRows)), ("test-rows", .integer(download.testRows)),
        ]))
    } else {
      printLine(
        "\(output): \(grouped(download.trainingRows)) labelled rows and \(grouped(download.testRows)) to predict, all read"
      )
      note("next: kaggle-digits train --data \(quoted(output))")
    }
  }
}
