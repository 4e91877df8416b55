import ArgumentParser
import Competition
import Compute
import Foundations
import Options
import Reporting
import Runs
import Scoring
import Terminal

@main
struct ReportCommand: Command {
  static let configuration = CommandConfiguration.command(
    "report",
    discussion: """
      A page is one file that needs no network and no JavaScript: what was run and how to run it again, learning \
      curves, confusion matrix, scores of each digit, calibration, pictures of the worst errors, rows whose labels look \
      wrong (confident learning), examples of the augmentation, rows on which the members disagree. kaggle-digits train \
      and cross-validate write it; for one run this command writes it again, as RUN/\(PageFile.name) with \
      RUN/\(FiguresFolder.name)/*.svg, or elsewhere with --output. Several runs are compared in one page, each with the first one on the rows that \
      both are scored on.
      """)

  @Argument(
    help: ArgumentHelp("Runs or cross-validations.", valueName: "run"), completion: .directory)
  var runs: [String]

  @OptionGroup var source: DataOptions

  @Option(
    help: ArgumentHelp(
      "Where to write the page. (default: in the run; of several runs, comparison.html)", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var threading: ThreadOptions

  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    let places = runs.map { absolutePath(withoutFinalSlash($0)) }
    if let twice = runs.indices.first(where: { places[..<$0].contains(places[$0]) }) {
      throw ValidationError("\(runs[twice]) is named twice")
    }
    if output == "" { throw ValidationError("--output is empty; it takes a file") }
  }

  func run() throws {
    Interruption.install()
    let kernels = try InstructionSets.detected()
    let threads = threading.count
    var file: WholeFile?
    let path = output ?? "comparison.html"
    for run in runs {
      if let part = RunPart(run) { throw part.refusal(by: "report") }
    }
    if runs.count > 1 || output != nil {
      try requireOwnFiles(
        [(OutputFile("--output", path), "a report", ".html")], sources: runs, files: dataFiles, data: nil)
      file = try WholeFile(at: path, replacing: reporting.force)
    }
    var pages: [RunPage] = []
    for run in runs {
      let page = try RunPage(of: run, table: nil, data: source.data, threads: threads, kernels: kernels)
      for text in page.notes { note("note: \(text)") }
      pages.append(page)
    }
    // Two of the same name are distinguished by their paths.
    let titles = pages.map(\.report.title)
    for index in pages.indices where titles.count(where: { $0 == titles[index] }) > 1 {
      pages[index].report.title = pages[index].path
    }
    guard let file else {
      try write(pages[0])
      return finish(PageFile.path(in: pages[0].path), comparisons: [])
    }
    if pages.count == 1 {
      try file.write(pages[0].report.page.html)
      try file.commit()
      return finish(path, comparisons: [])
    }
    let comparisons = compared(pages)
    let names = pages.map(\.report.title).joined(separator: ", ")
    let page = ComparisonReport(
      title: names, runs: pages.map(\.report), comparisons: comparisons.map(\.sentence)
    ).page
    try file.write(page.html)
    try file.commit()
    finish(path, comparisons: comparisons)
  }

  /// The tables that the pages' pictures are from, as far as they are there.
  private var dataFiles: [String] {
    let places = source.data.map { [$0] } ?? runs.compactMap { (try? ConfigurationFile(ofRun: $0))?.data }
    return places.flatMap { (try? DataSource(finding: $0))?.files ?? [] }
  }

  /// Writes a run's page into its folder, or says how to write it elsewhere.
  private func write(_ page: RunPage) throws(KitError) {
    do throws(KitError) {
      try page.write()
    } catch {
      if error.kind != .cannotWrite { throw error }
      throw KitError(
        .cannotWrite,
        "\(error.message); to write the page elsewhere: kaggle-digits report \(quoted(page.path)) "
          + "--output \(PageFile.name)")
    }
  }

  /// Each further run against the first, on the rows that both are scored on.
  private func compared(_ pages: [RunPage]) -> [(sentence: String, json: JSON)] {
    guard let first = pages[0].report.evaluation else { return [] }
    return pages.dropFirst().compactMap { page in
      guard let other = page.report.evaluation, page.file.rowsDigest == pages[0].file.rowsDigest else {
        return nil
      }
      let common = other.onRows(of: first)
      guard !common.rows.isEmpty,
        let comparison = try? PairedComparison(of: common, against: first.onRows(of: other))
      else { return nil }
      let isAll = common.rows.count == first.rows.count && common.rows.count == other.rows.count
      let rows = isAll ? "" : " on the \(grouped(common.rows.count)) rows that both are scored on"
      let sentence = "\(page.report.title) against \(pages[0].report.title)\(rows): \(comparison.summary)."
      let json = JSON.object([
        ("run", .string(page.path)), ("against", .string(pages[0].path)), ("comparison", comparison.json),
      ])
      return (sentence, json)
    }
  }

  private func finish(_ path: String, comparisons: [(sentence: String, json: JSON)]) {
    if reporting.json {
      printJSON(
        .object([
          ("report", .string(path)), ("runs", .array(runs.map { .string($0) })),
          ("comparisons", .array(comparisons.map { .string($0.sentence) })),
          ("paired", .array(comparisons.map(\.json))),
        ]))
    } else {
      for comparison in comparisons { printLine(comparison.sentence) }
      printLine("report: \(path) (open in a browser)")
    }
  }
}
