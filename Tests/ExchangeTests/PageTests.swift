import Augmentation
import Exchange
import Foundations
import Runs
import TestSupport
import Testing

/// The page that computes its answers itself. `Tests/EndToEnd/DrawingTests.swift` draws on one.
@Suite struct PageTests {
  static let chromium = installed("chromium") ?? installed("google-chrome")

  private func page(_ paths: [String], average: Average = .arithmetic, weights: [Double]? = nil) throws
    -> String
  {
    try ExportedEnsemble(ensemble(paths, average: average, weights: weights)).page(
      unsure: (0.8, "<b>here</b>"))
  }

  @Test func pageIsOneFileOfItsOwn() throws {
    try withTemporaryFolder { folder in
      let path = try written("4C3-B-P2-8N", .spread, in: folder, as: "a")
      let html = try page([path])
      #expect(try page([path]) == html)
      #expect(html.components(separatedBy: "<script").count == 4)
      #expect(html.components(separatedBy: "</script>").count == 4)
      #expect(html.components(separatedBy: "<style>").count == 2)
      for word in [
        " src=", "import ", "export ", "@import", "v1/predict", "data-served", "<b>here", ".js'", folder,
      ] {
        #expect(!html.contains(word), "the page has \(word)")
      }
      #expect(html.contains("default-src 'none'; script-src 'sha256-"))
      #expect(html.contains("globalThis.kaggleDigits"))
    }
  }

  @Test(
    .enabled(
      if: chromium != nil && pythonWithONNX != nil, "\(noONNX), or no Chromium"))
  func pagesAnswerAsTheKitDoes() throws {
    try withTemporaryFolder { folder in
      try write(Rows.table, to: "\(folder)/rows.csv")
      var command = [pythonWithONNX ?? "", "\(repository)/Tests/Exchange/compare.py", "\(folder)/rows.csv"]
      let paths = try ONNXTests.networks.enumerated().map { number, network in
        try written(
          network.notation, network.preprocessing, seed: UInt64(number), in: folder, as: "\(number)")
      }
      for (number, average) in Average.allCases.enumerated() {
        let some = Array(paths[(5 * number)..<min(paths.count, 5 * number + 5)])
        let weights = some.indices.map { Double($0 + 1) }
        let path = "\(folder)/\(average)"
        try write(page(some, average: average, weights: weights), to: "\(path).html")
        try write(
          probabilities(ensemble(some, average: average, weights: weights)), to: "\(path).csv")
        command += ["\(path).html", "\(path).csv"]
      }
      let outcome = try run(command)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.output.split(separator: "\n").count == 3)
    }
  }
}
