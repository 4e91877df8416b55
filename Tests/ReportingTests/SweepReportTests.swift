import Foundations
import Runs
import Sweeps
import TestSupport
import Testing
@testable import Reporting

@Suite struct SweepReportTests {
  @Test func allPartsAreThere() throws {
    let report = try Sample.sweep(trials: 30, rungs: 2)
    let page = report.page
    for id in ["search", "trials", "options", "rung-1", "rung-2", "run"] {
      #expect(page.html.contains("<section id=\"\(id)\""))
    }
    #expect(
      page.figures.map(\.name) == [
        "trials", "option-network", "option-batch", "option-learning-rate", "option-shift", "option-rotate",
      ])
    let verdict = try #require(report.verdict)
    #expect(page.html.contains(escaped(verdict.sentence)))
    for note in verdict.notes { #expect(page.html.contains(escaped(note))) }
    // What is worth it alone is proposed first.
    #expect(page.html.contains("train with the base options") == !verdict.isWorthIt)
    let options = report.sweep.options(ofTrial: verdict.winner).options(for: "train")
    for option in options { #expect(page.html.contains("<span>\(escaped(option))</span>")) }
  }

  @Test func everyTrialIsALine() throws {
    let report = try Sample.sweep(trials: 60)
    let figure = try #require(report.page.figures.first)
    let lines = try Elements(figure.svg).all.filter {
      $0.name == "path" && $0.attributes["class"]?.hasPrefix("line") == true
    }
    let scored = try #require(report.sweep.ranking(ofRung: 1, report.scores)).filter { !$0.score.isDiverged }
    #expect(lines.count == scored.count && scored.count > 50)
    #expect(lines.last?.attributes["class"] == "line bold c2")
    #expect(lines.count { $0.attributes["class"] == "line bold dashed c7" } == 1)
  }

  @Test func manyTrialsStayASmallPage() throws {
    let html = try Sample.sweep(trials: 2000).page.html
    #expect(html.utf8.count < 1_500_000, "\(html.utf8.count)")
    #expect(html.contains("trials are shown, evenly chosen by their score"))
  }

  @Test func whatIsNotFinishedSaysSo() throws {
    let report = try Sample.sweep(trials: 5, isFinished: false)
    #expect(report.page.html.contains("The sweep is not finished: 9 of 16 trainings have scores."))
    #expect(report.page.figures.isEmpty)
  }

  @Test func marksOfANameAreBesideEachOther() {
    let marks = [0.0, 1, 1, nil, 7].map {
      TrialMark(trial: 1, values: [$0], score: 0.5, interval: 0.4...0.6, tip: "")
    }
    #expect(
      OptionScale.names(["a", "b"]).spread(marks, option: 0, order: [4, 3, 2, 1, 0]) == [
        0, 0.25, -0.25, 0, 0,
      ])
    #expect(OptionScale.numbers(.linear).spread(marks, option: 0, order: [0]) == [0, 0, 0, 0, 0])
  }
}
