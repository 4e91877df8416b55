import Ensembling
import Foundations
import Runs

/// A submission's page: the predicted digits beside the training set's, and the images that the members are least sure of.
///
/// - Parameters:
///   - data: where the test rows are, for the commands on the page.
///   - training: how many training rows show each digit; empty if unknown.
public func submissionPage(
  of submission: Submission, by ensemble: Ensemble, data: String, training: [Int]
) -> Report {
  let path = submission.manifest.submission
  let name = lastName(path)
  var report = SubmissionReport(
    title: name, predicted: submission.predicted,
    expectation: expectation(of: ensemble))
  report.training = training
  report.classes = ensemble.classes
  report.warnings = submission.manifest.warnings
  report.members = ensemble.members.count
  report.disagreements = ensemble.members.count > 1 ? submission.manifest.disagreements : nil
  report.below = zip(Submission.confidences, submission.below).map { ($0, $1) }
  report.uncertain = submission.uncertain.map {
    SubmissionReport.Image(
      imageId: $0.imageId, name: $0.name, pixels: $0.pixels, probabilities: $0.probabilities)
  }
  var notations: [String] = []
  for checkpoint in submission.manifest.checkpoints where !notations.contains(checkpoint.network) {
    notations.append(checkpoint.network)
  }
  report.facts =
    [("sources", ensemble.sources.joined(separator: ", ")), ("networks", notations.joined(separator: ", "))]
    + ensemble.facts + [("test rows", submission.manifest.test), ("kit", "kaggle-digits \(kitVersion)")]
  let columns = submission.manifest.columns
  let titles = columns == .digitRecognizer ? "" : " --submission-columns \(quoted(columns.header))"
  let classes = ensemble.classes.arguments.map { " \(quoted($0))" }.joined()
  let rows = submission.manifest.part.map { " --rows \($0.rows.text)" } ?? ""
  if let part = submission.manifest.part {
    report.facts.insert(("part", "only \(part.rows.words) of the test rows"), at: 0)
  }
  report.commands = [
    ("make the same bytes again", command(of: ensemble, at: path, data: data) + rows + titles),
    (
      "check it",
      "kaggle-digits submit --check \(quoted(path)) --data \(quoted(data))\(rows)\(titles)\(classes)"
    ),
  ]
  return report.page
}

extension Ensemble {
  /// How many members there are and how they are combined, for a page.
  public var facts: [(name: String, value: String)] {
    let weights = options.weights.map { $0.map { fixed($0, 3) }.joined(separator: ", ") }
    return [
      ("members", "\(members.count)"), ("average", options.prediction.average.rawValue),
      ("views of each image", "\(options.prediction.views)"), ("weights of the sources", weights ?? "equal"),
    ]
  }
}

/// The command that writes the same submission.
private func command(of ensemble: Ensemble, at path: String, data: String) -> String {
  var words = ["kaggle-digits", "submit"] + ensemble.sources.map(quoted)
  words += ["--data", quoted(data), "--output", quoted(path)]
  return (words + ensemble.options.arguments).joined(separator: " ")
}

/// The score to expect, by what the checkpoints say of their validation rows.
private func expectation(of ensemble: Ensemble) -> String {
  let origins = ensemble.members.map(\.checkpoint.origin)
  let scores = origins.compactMap(\.validationAccuracy)
  guard scores.count == origins.count, let least = scores.min(), let most = scores.max() else {
    return "No rows were kept for validation, so there is no score to expect."
  }
  let range = least == most ? percent(least) : "\(fixed(least * 100, 2)) to \(percent(most))"
  let who = scores.count == 1 ? "The member classifies" : "Each member alone classifies"
  let rows =
    origins.contains { $0.isSelected }
    ? "validation rows correctly, which also chose its epoch, so this is slightly optimistic"
    : "held-out rows correctly"
  return "\(who) \(range) of \(rows). Only Kaggle knows the labels of the test rows."
}
