import Ensembling
import Foundations
import Kaggle
import Options
import Runs
import Terminal

extension GatherCommand {
  /// Joins the parts of a submission.
  func join() throws {
    guard let output else { return }
    let joined = try JoinedSubmission(of: sources)
    try requireOwnFiles(
      submissionOutputs(at: output, probabilities: probabilities), sources: [], files: joined.inputs,
      data: nil)
    let manifest = try joined.write(to: output, probabilities: probabilities, replacing: force)
    for warning in manifest.warnings { printWarning(warning) }
    if json {
      printJSON(manifest.updated)
    } else {
      let parts = "\(joined.parts.count) part\(joined.parts.count == 1 ? "" : "s")"
      printLine("\(output): \(grouped(manifest.rows)) rows from \(manifest.test ?? ""), joined of \(parts)")
    }
    if quiet { return }
    note("each part's page shows its least confident images; the whole has no page")
    if manifest.warnings.isEmpty, manifest.rows == KaggleProgram.rows {
      note("next: kaggle-digits submit \(quoted(output)) --upload")
    }
  }
}
