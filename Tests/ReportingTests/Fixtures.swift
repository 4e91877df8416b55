import Augmentation
import Competition
import Compute
import Foundation
import Foundations
import Runs
import Scoring
import SyntheticDigits
@testable import Reporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Text that breaks out of a page that forgets to escape it.
let hostile = "</title><script>alert('x')</script>\u{7}&amp;\"'><img src=x onerror=y>\u{202E} — 数字.csv"

/// Drawn digits with probabilities as a fair network gives them.
enum Sample {
  static func table(rows: Int) -> DigitTable {
    let sample = SyntheticSample(trainRows: rows, testRows: 0, seed: 4)
    let drawn = (0..<rows).map { sample.trainingRow($0) }
    return DigitTable(pixels: drawn.flatMap(\.pixels), labels: drawn.map { UInt8($0.label) })
  }

  /// Most rows right, `wrong` of every hundred not.
  static func evaluation(of table: DigitTable, wrong: Int) -> Evaluation {
    var stream = RandomStream(Philox(seed: 9), .sample)
    var probabilities: [Double] = []
    for (row, label) in table.labels.enumerated() {
      let other = (Int(label) + 1 + stream.below(9)) % 10
      let sure = stream.uniform(0.5, 1)
      let top = row % 100 < wrong ? other : Int(label)
      let second = top == other ? Int(label) : other
      var row = [Double](repeating: (1 - sure) * 0.01, count: 10)
      row[top] += sure
      row[second] += (1 - sure) * 0.9
      probabilities += row
    }
    return Evaluation(rows: Array(0..<table.count), labels: table.labels, probabilities: probabilities)
  }

  static func history(epochs: Int, shift: Double, isValidated: Bool = true) -> History {
    var history = History()
    for epoch in 1...epochs {
      let fall = 1 / (1 + Double(epoch)) + shift
      history.epochs.append(
        EpochRecord(
          epoch: epoch, trainingLoss: fall, trainingAccuracy: 1 - fall / 3,
          validationLoss: isValidated ? fall / 2 : nil, validationAccuracy: isValidated ? 1 - fall / 6 : nil,
          learningRate: 0.001 * (1 - Double(epoch - 1) / Double(epochs))))
    }
    return history
  }

  /// A report with all its parts.
  static func report(_ title: String, rows: Int = 400, wrong: Int = 20) throws -> RunReport {
    let table = table(rows: rows)
    let evaluation = evaluation(of: table, wrong: wrong)
    var report = RunReport(title: title, evaluation: evaluation, scoredOn: "Rows that no member saw.")
    report.facts = [("network", "32C3-P2-128N"), ("rows", "400"), ("a very long file name", hostile)]
    report.commands = [("The same to the bit:", "kaggle-digits train --data \(hostile)")]
    report.next = ("Next", "kaggle-digits submit runs/a")
    report.trainings = (1...5).map {
      .init(
        name: "fold \($0)", history: history(epochs: 12, shift: 0.002 * Double($0)), secondsPerEpoch: 71.3,
        validatedOn: "80 rows of fold \($0)")
    }
    report.folds = (1...5).map {
      FoldScore(
        number: $0, repetition: 1, rows: 80, accuracy: 0.9 + 0.01 * Double($0), logLoss: 0.1, epochs: [$0],
        seconds: 4000)
    }
    report.table = table
    report.doubtful = evaluation.errors.prefix(70).map { ($0, evaluation.predictions[$0]) }
    report.members = ["member 1", "member 2", hostile]
    report.disagreements = evaluation.errors.prefix(50).map { ($0, [3, nil, evaluation.predictions[$0]]) }
    report.augmentation = .init(
      augmentation: ImageAugmentation(
        shift: 0.05, rotation: 10, zoom: 0.1, shear: 5, elastic: 1, erase: 0.1), seed: 3,
      kernels: try InstructionSets.detected())
    report.remarks = [("The ensemble over its members", "0.3 points."), (hostile, hostile)]
    return report
  }

  static func submission() -> SubmissionReport {
    let table = table(rows: 60)
    let evaluation = evaluation(of: table, wrong: 10)
    var report = SubmissionReport(
      title: "Submissions/\(hostile)", predicted: evaluation.classes.map(\.predicted),
      expectation: "About 98 %.")
    report.training = evaluation.classes.map(\.rows)
    report.uncertain = table.labels.indices.map { row in
      .init(
        imageId: row + 1, pixels: Array(table.pixels[row * 784..<(row + 1) * 784]),
        probabilities: Array(evaluation.probabilities[row * 10..<(row + 1) * 10]))
    }
    report.below = [(0.5, 1), (0.9, 12), (0.995, 40)]
    report.members = 3
    report.disagreements = 4
    return report
  }

  static func comparison() throws -> ComparisonReport {
    var second = try report("runs/a second one with a rather long name \(hostile)", wrong: 12)
    second.trainings = [.init(name: "member 1", history: history(epochs: 20, shift: 0, isValidated: false))]
    second.facts[0].value = "64C5-A2"
    return ComparisonReport(
      title: "Two runs", runs: [try report("runs/first"), second], comparisons: ["The second is better."])
  }
}

/// The names of a document's elements and their attributes; an error if it is not well-formed.
final class Elements: NSObject, XMLParserDelegate {
  private(set) var all: [(name: String, attributes: [String: String])] = []

  init(_ text: String) throws {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    if !parser.parse() {
      throw KitError(.badData, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    all.append((name, attributes))
  }
}
