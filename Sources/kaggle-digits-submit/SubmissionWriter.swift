import CommandLine
import Competition
import Ensembling
import Foundations
import NeuralNetworks

/// Predicts test rows as they are read and writes the submission, and the probabilities if wanted.
struct SubmissionWriter {
  /// What was written.
  struct Result {
    var rows = 0
    var disagreements = 0
    var testName = ""
    var testDigest = ""
  }

  private let ensemble: Ensemble
  private let path: String
  private let probabilities: String?
  private let reporting: OutputOptions

  init(_ ensemble: Ensemble, path: String, probabilities: String?, reporting: OutputOptions) {
    self.ensemble = ensemble
    self.path = path
    self.probabilities = probabilities
    self.reporting = reporting
  }

  /// The manifest's place: the submission's with `.json` for `.csv`.
  static func manifestPath(_ path: String) -> String {
    (path.hasSuffix(".csv") ? String(path.dropLast(4)) : path) + ".json"
  }

  /// Writes the files, then checks the submission as anyone's.
  func write(_ reader: DigitReader) throws(KitError) -> Result {
    let manifest = Self.manifestPath(path)
    if !reporting.force, (try? InputFile.bytes(ofFileAt: manifest, limit: 1 << 30)) != nil {
      throw KitError(.cannotWrite, "\(manifest) exists; --force replaces it")
    }
    let submission = try SubmissionFile(at: path, replacing: reporting.force)
    var table: WholeFile?
    if let probabilities { table = try WholeFile(at: probabilities, replacing: reporting.force) }
    try table?.write("ImageId," + (0..<FittedNetwork.classes).map { "p\($0)" }.joined(separator: ",") + "\n")
    let report = ProgressReport(quiet: reporting.quiet)
    var result = Result(testName: reader.name)
    var hash = SHA256()
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    while true {
      pixels.removeAll(keepingCapacity: true)
      let count = try reader.read(upTo: 1024, pixels: &pixels, labels: &labels)
      if count == 0 { break }
      hash.update(pixels)
      let predictions = ensemble.predict(pixels)
      try submission.append(predictions.labels)
      try table?.write(Self.rows(predictions.probabilities, firstId: result.rows + 1))
      result.rows += count
      result.disagreements += predictions.disagreements
      report.update(
        lane: 0, label: "predicting", completed: result.rows, total: 0, unit: "images", detail: "")
    }
    report.finish()
    try table?.commit()
    try submission.commit()
    result.testDigest = SHA256.hexadecimal(of: hash.finalize())
    let checked = try checkSubmission(at: path, expectedRows: result.rows)
    guard checked == result.rows else {
      throw KitError(.failure, "\(path) was written with \(checked) rows instead of \(result.rows)")
    }
    return result
  }

  /// Lines of an id and ten probabilities, by their shortest round-trip description.
  private static func rows(_ probabilities: [Double], firstId: Int) -> String {
    var text = ""
    for (row, start) in stride(from: 0, to: probabilities.count, by: FittedNetwork.classes).enumerated() {
      text += "\(firstId + row)"
      for value in probabilities[start..<start + FittedNetwork.classes] { text += ",\(value)" }
      text += "\n"
    }
    return text
  }
}
