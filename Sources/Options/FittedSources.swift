import Checkpoints
import Competition
import Ensembling
import Foundations
import Runs
import Scoring
import Terminal

/// Weights for sources, fitted on out-of-fold predictions that are named in the sources' order: files, or the
/// cross-validations that hold them. Prints what they gain.
///
/// - Throws: `usage` if there is not one for each source; `badData` if a file was changed since it was written, is not
///   of the rows that its source was trained on, or does not fit the others.
func fittedWeights(
  _ names: [String], sources: [String], prediction: PredictionSettings
) throws(KitError) -> FittedWeights {
  guard names.count == sources.count else {
    throw KitError(
      .usage,
      "--fit-weights has \(names.count) out-of-fold predictions for \(sources.count) sources; each source takes one, "
        + "in the same order")
  }
  // Out-of-fold predictions of another source would give their weight to the wrong members.
  for (index, name) in names.enumerated() {
    guard let owner = sources.firstIndex(where: { lies(name, within: $0) }), owner != index else { continue }
    throw KitError(
      .usage,
      "\(name) is of \(sources[owner]), but is named where \(sources[index])'s belongs; the order must be the sources'"
    )
  }
  var candidates: [Evaluation] = []
  for (name, paths) in zip(names, try checkpointPaths(sources)) {
    let isFolder = (try? folderEntries(name)) != nil
    let path = isFolder ? OutOfFoldFile.path(in: withoutFinalSlash(name)) : name
    candidates.append(try OutOfFoldFile.read(path))
    try requireOrigin(of: path, for: paths, prediction)
  }
  let fitted = try FittedWeights(of: candidates)
  let weights = fitted.weights.map { fixed($0, 2) }.joined(separator: ", ")
  note("weights \(weights), fitted on \(grouped(candidates[0].rows.count)) out-of-fold rows")
  if sources.count > 1 {
    note(
      "against equal weights, on rows that they were not fitted on: \(fitted.gainOverEqualWeights.summary)")
  }
  return fitted
}

/// Refuses out-of-fold predictions that the cross-validation's file beside them does not describe.
private func requireOrigin(
  of path: String, for checkpoints: [String], _ prediction: PredictionSettings
) throws(KitError) {
  guard let file = try CrossValidationFile(describing: path) else {
    return note(
      "note: there is no \(CrossValidationFile.name) beside \(path), so it can't be checked that its members did not "
        + "see its rows")
  }
  if file.prediction != prediction {
    note(
      "note: \(path) was predicted with the \(file.prediction.average.rawValue) average and "
        + "\(file.prediction.views) views; here they are \(prediction.average.rawValue) and \(prediction.views), "
        + "for which the weights may not be the best")
  }
  for checkpoint in checkpoints {
    guard file.rowsDigest == (try Checkpoint.origin(ofFileAt: checkpoint).rowsDigest) else {
      throw KitError(.badData, "\(checkpoint) was trained on another table than \(path) is of")
    }
  }
}

/// Whether a file or folder is a source or is in it.
private func lies(_ name: String, within source: String) -> Bool {
  let (inner, outer) = (absolutePath(name), absolutePath(source))
  return inner == outer || inner.hasPrefix(outer + "/")
}
