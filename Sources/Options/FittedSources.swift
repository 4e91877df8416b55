import Checkpoints
import Competition
import Ensembling
import Foundations
import Runs
import Scoring
import Terminal

/// Weights for sources, fitted on out-of-fold predictions that are named in the sources' order: files, or the
/// cross-validations that hold them.
///
/// Says what they gain. Throws `usage` if the numbers differ, `badData` if a file was changed since it was written, is not
/// of the rows that its source was trained on, or does not fit the others.
func fittedWeights(
  _ names: [String], sources: [String], options: Ensemble.Options
) throws(KitError) -> FittedWeights {
  guard names.count == sources.count else {
    throw KitError(
      .usage,
      "--fit-weights has \(names.count) out-of-fold predictions for \(sources.count) sources; each source takes one, "
        + "in the same order")
  }
  // Out-of-fold predictions of another source would give their weight to the wrong models.
  for (index, name) in names.enumerated() {
    guard let owner = sources.firstIndex(where: { lies(name, within: $0) }), owner != index else { continue }
    throw KitError(
      .usage,
      "\(name) is of \(sources[owner]), but stands where \(sources[index])'s belongs; the order is the sources'"
    )
  }
  var candidates: [Evaluation] = []
  for (name, paths) in zip(names, try checkpointPaths(sources)) {
    let isFolder = (try? folderEntries(name)) != nil
    let path = isFolder ? OutOfFoldFile.path(in: withoutFinalSlash(name)) : name
    candidates.append(try OutOfFoldFile.read(path))
    try requireOrigin(of: path, for: paths, options)
  }
  let fitted = try FittedWeights(of: candidates)
  let weights = fitted.weights.map { fixed($0, 2) }.joined(separator: ", ")
  note("weights \(weights), fitted on \(grouped(candidates[0].rows.count)) out-of-fold rows")
  if sources.count > 1 {
    note("against equal weights, on rows that did not fit them: \(fitted.gainOverEqualWeights.summary)")
  }
  return fitted
}

/// Refuses out-of-fold predictions that the `cross-validation.json` beside them does not describe.
private func requireOrigin(
  of path: String, for checkpoints: [String], _ options: Ensemble.Options
) throws(KitError) {
  guard let json = try OutOfFoldFile.description(of: path) else {
    return note(
      "note: no cross-validation.json is beside \(path); that its models did not see its rows can't be checked"
    )
  }
  let (average, views) = (json["average"]?.string ?? "", json["test-time-views"]?.integer ?? 1)
  if average != options.average.rawValue || views != options.views {
    note(
      "note: \(path) was predicted with the average \(average) over \(views) views; here it is "
        + "\(options.average.rawValue) over \(options.views), for which the weights may not be the best")
  }
  for checkpoint in checkpoints {
    let origin = try Checkpoint(reading: checkpoint, side: DigitTable.side).origin
    guard json["rows-digest"]?.string == origin.rowsDigest else {
      throw KitError(.badData, "\(checkpoint) was trained on another table than \(path) is of")
    }
  }
}

/// Whether a file or folder is a source's own or lies in it.
private func lies(_ name: String, within source: String) -> Bool {
  let (inner, outer) = (absolutePath(name), absolutePath(source))
  return inner == outer || inner.hasPrefix(outer + "/")
}
