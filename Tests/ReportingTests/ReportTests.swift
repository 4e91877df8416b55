import Foundation
import Foundations
import Pictures
import Runs
import Scoring
import TestSupport
import Testing
@testable import Reporting

@Suite struct ReportTests {
  static func reports() throws -> [Report] {
    var bare = RunReport(
      title: "bare", evaluation: nil, scoredOn: "All rows were trained on: there is no score.")
    bare.trainings = [
      .init(name: "member 1", history: Sample.history(epochs: 1, shift: 0, isValidated: false))
    ]
    let none = Evaluation(rows: [], labels: [], probabilities: [])
    var right = RunReport(
      title: "all right", evaluation: Sample.evaluation(of: Sample.table(rows: 30), wrong: 0), scoredOn: "s")
    right.doubtful = []
    right.disagreements = []
    return [
      try Sample.report(hostile).page, bare.page, right.page,
      RunReport(title: "", evaluation: none, scoredOn: "").page, Sample.submission().page,
      SubmissionReport(title: "empty", predicted: [], expectation: "").page,
      try Sample.comparison().page, ComparisonReport(title: "none", runs: [], comparisons: []).page,
      try Sample.sweep(trials: 30, rungs: 3).page,
      try Sample.sweep(trials: 5, searched: ["zoom": "0,0.1,0.2,0.3,0.4"]).page,
      try Sample.sweep(trials: 5, isFinished: false).page,
    ]
  }

  @Test func pagesAreWellFormedAndLoadNothing() throws {
    for report in try Self.reports() {
      let elements = try Elements(report.html).all
      let names = elements.map(\.name)
      #expect(!names.contains("script") && !names.contains("iframe"))
      for (name, attributes) in elements {
        #expect(name != "img" || attributes["alt"]?.isEmpty == false)
        #expect(name != "svg" || attributes["aria-label"]?.isEmpty == false)
        for key in ["src", "href"] {
          if let address = attributes[key] {
            #expect(address.hasPrefix("data:") || address.hasPrefix("#"), "\(address)")
          }
        }
        #expect(!attributes.keys.contains { $0.hasPrefix("on") })
      }
      let ids = elements.compactMap { $0.attributes["id"] }
      #expect(Set(ids).count == ids.count)
      let targets = elements.compactMap { $0.attributes["href"] }.filter { $0.hasPrefix("#") }
      #expect(targets.allSatisfy { ids.contains(String($0.dropFirst())) })
      #expect(names.count { $0 == "h1" } == 1)
      #expect(Set(report.figures.map(\.name)).count == report.figures.count)
    }
  }

  @Test func allPartsAreThere() throws {
    let report = try Sample.report("runs/a").page
    let ids = [
      "run", "learning", "folds", "remarks", "confusion", "calibration", "errors", "labels", "members",
      "augmentation",
    ]
    for id in ids { #expect(report.html.contains("<section id=\"\(id)\"")) }
    // All that a run's page may have: what `--force` removes.
    #expect(report.figures.map(\.name) == FiguresFolder.figures)
    #expect(report.html.contains("80.00\u{A0}%"))
    #expect(report.html.contains("row 0, line 2"))
    #expect(report.html.contains("20 more errors by row"))
  }

  /// Each mistake of the confusion matrix leads to its pictures, without a script.
  @Test func mistakesOpenTheirPictures() throws {
    let report = try Sample.report("runs/a")
    let evaluation = try #require(report.evaluation)
    let html = report.page.html
    let mistakes = evaluation.mistakes
    #expect(!mistakes.isEmpty)
    for mistake in mistakes {
      let name = "mistakes-\(mistake.label)-\(mistake.predicted)"
      #expect(html.contains("<a href=\"#\(name)\">"))
      let parts = html.components(separatedBy: "<div class=\"cell\" id=\"\(name)\">")
      #expect(parts.count == 2)
      let cards = parts[1].components(separatedBy: "</ul></div>")[0].components(separatedBy: "class=\"card\"")
      #expect(cards.count - 1 == min(12, max(2, 180 / mistakes.count), mistake.rows))
    }
    // A file of its own has no page to lead to.
    #expect(report.page.figures.allSatisfy { !$0.svg.contains("<a ") })
  }

  /// The page of pictures, whatever they are called.
  @Test func picturesAreShownWithTheirDigits() throws {
    let picture = Picture(width: 700, height: 30, pixels: [UInt8](repeating: 200, count: 21_000))
    let image = [UInt8](repeating: 0, count: 784)
    let digit = PicturePage.Digit(
      digit: FoundDigit(image: image, box: PixelBox(left: 1, top: 2, width: 3, height: 4)), heading: hostile,
      probabilities: [Double](repeating: 0.1, count: 10), members: hostile,
      occlusion: (0..<784).map { Double($0) / 784 })
    let page = PicturePage(
      entries: [
        .init(name: hostile, preview: .init(of: picture), text: hostile, digits: [digit, digit]),
        .init(name: "b", preview: nil, text: "refused", digits: []),
      ], facts: [("members", "1")], sources: [hostile])
    let elements = try Elements(page.html).all
    #expect(elements.count { $0.name == "svg" } == 3)
    #expect(!elements.map(\.name).contains("script"))
    #expect(elements.contains { $0.name == "rect" && $0.attributes["width"] == "3" })
    let ids = elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
  }

  @Test func sameInputSameBytes() throws {
    #expect(try Self.reports().map(\.html) == Self.reports().map(\.html))
  }

  @Test func pagesStaySmallWhateverIsWrong() throws {
    let report = try Sample.report("much wrong", rows: 6000, wrong: 100).page
    #expect(report.html.utf8.count < 600_000, "\(report.html.utf8.count)")
  }

  @Test func filesAreWrittenAndReplaced() throws {
    try withTemporaryFolder { folder in
      let report = try Sample.report("runs/a").page
      for _ in 0..<2 { try report.write(to: "\(folder)/") }
      let figures = report.figures.map { "figures/\($0.name).svg" }
      #expect(try files(in: folder).keys.sorted() == (figures + ["figures", "report.html"]).sorted())
      #expect(try text("\(folder)/report.html") == report.html)
    }
  }

  @Test func keptEpochIsTheTrainingsOwnRule() {
    var history = Sample.history(epochs: 4, shift: 0)
    for (index, values) in [(0.9, 0.4), (0.95, 0.3), (0.95, 0.2), (0.95, 0.2)].enumerated() {
      history.epochs[index].validationAccuracy = values.0
      history.epochs[index].validationLoss = values.1
    }
    #expect(RunReport.TrainingRecord(name: "", history: history).kept?.epoch == 3)
    let last = RunReport.TrainingRecord(name: "", history: history, selection: .last)
    #expect(last.kept?.epoch == history.epochs.last?.epoch)
  }

  @Test func numbersReadWell() {
    #expect(duration(4.23) == "4.2\u{A0}s" && duration(192) == "3\u{A0}min 12\u{A0}s")
    #expect(
      duration(7500) == "2\u{A0}h 5\u{A0}min" && duration(.nan) == "–"
        && duration(59.97) == "1\u{A0}min 0\u{A0}s")
    #expect(percent(0.98785) == "98.79\u{A0}%" || percent(0.98785) == "98.78\u{A0}%")
    #expect(significant(0.00097552) == "0.000976" && significant(0.001) == "0.001" && significant(0) == "0")
    #expect(significant(2.739e-6) == "2.74e-6" && significant(12) == "12" && significant(.nan) == "–")
    #expect(percent(.nan) == "–" && fixed(nil, 2) == "–")
    let spread = meanAndDeviation([1, 2, 3, 4])
    #expect(spread.mean == 2.5 && ((spread.deviation ?? 0) - 1.2909944487358056).magnitude < 1e-15)
    #expect(meanAndDeviation([7]).deviation == nil)
    let line = meanLine([[(1, 2), (2, nil)], [(1, 4), (2, 6), (3, .nan)]])
    #expect(line.map(\.x) == [1, 2] && line.map { $0.y } == [3, 6])
  }
}

/// The pages in a real browser, as people open them.
@Suite struct BrowserTests {
  static let chromium =
    installed("chromium") ?? installed("google-chrome") ?? installed("chromium-browser")

  @Test(.enabled(if: chromium != nil, "Chromium is not installed: the pages are not opened in a browser"))
  func nothingOverflowsOrLeavesTheFile() throws {
    try withTemporaryFolder { folder in
      var pages: [String] = []
      for (index, report) in try ReportTests.reports().enumerated() {
        try report.write(to: "\(folder)/\(index)")
        pages.append("\(folder)/\(index)/report.html")
      }
      let script = "\(repository)/Tests/ReportingTests/browser.py"
      let python = try #require(installed("python3"))
      let outcome = try run([python, script, "--chromium", try #require(Self.chromium)] + pages)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
  }
}
