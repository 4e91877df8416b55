import Ensembling
import Foundations
import Terminal

/// A submission's page: the predicted digits beside the training set's, and the images that the members are least sure of.
///
/// `training` is how often each digit comes among the training rows, empty if they are not there.
public func submissionPage(
  of submission: Submission, by ensemble: Ensemble, at path: String, data: String, training: [Int]
) -> Report {
  let name = path.split(separator: "/").last.map(String.init) ?? path
  var report = SubmissionReport(
    title: name, predicted: submission.predicted,
    expectation: expectation(of: ensemble))
  report.training = training
  report.members = ensemble.members.count
  report.disagreements = ensemble.members.count > 1 ? submission.disagreements : nil
  report.below = zip(Submission.confidences, submission.below).map { ($0, $1) }
  report.uncertain = submission.uncertain.map {
    SubmissionReport.Image(imageId: $0.imageId, pixels: $0.pixels, probabilities: $0.probabilities)
  }
  var notations: [String] = []
  for member in ensemble.members {
    let notation = member.checkpoint.weights.network.network.notation
    if !notations.contains(notation) { notations.append(notation) }
  }
  report.facts = [
    ("made of", ensemble.sources.joined(separator: ", ")),
    ("models", "\(ensemble.members.count)"), ("networks", notations.joined(separator: ", ")),
    ("average", ensemble.options.average.rawValue),
    ("views of each image", "\(ensemble.options.views)"),
    ("test rows", submission.testName), ("kit", "kaggle-digits \(kitVersion)"),
  ]
  if let weights = ensemble.options.weights {
    report.facts.append(("weights of the sources", weights.map { fixed($0, 3) }.joined(separator: ", ")))
  }
  report.commands = [
    ("the same bytes again", command(of: ensemble, at: path, data: data)),
    ("check it", "kaggle-digits submit --check \(quoted(path)) --data \(quoted(data))"),
  ]
  return report.report
}

/// What writes the same submission.
private func command(of ensemble: Ensemble, at path: String, data: String) -> String {
  var words = ["kaggle-digits", "submit"] + ensemble.sources.map(quoted)
  words += ["--data", quoted(data), "--output", quoted(path)]
  return (words + ensemble.options.arguments).joined(separator: " ")
}

/// What is known of the score to expect.
private func expectation(of ensemble: Ensemble) -> String {
  let origins = ensemble.members.map(\.checkpoint.origin)
  let scores = origins.compactMap(\.validationAccuracy)
  guard scores.count == origins.count, let least = scores.min(), let most = scores.max() else {
    return "No rows were kept for validation, so there is no score to expect."
  }
  let range = least == most ? fixed(least, 4) : "\(fixed(least, 4)) to \(fixed(most, 4))"
  let honest =
    origins.contains { $0.isSelected }
    ? "on rows that also chose their epochs, which flatters a little" : "on rows that they did not see"
  return
    "Alone the models read \(range) of labelled rows right, \(honest). The test rows' labels only Kaggle knows."
}
