import Foundations

/// The checkpoints that arguments stand for, argument by argument: a file for itself, a run for its members' best, a
/// cross-validation for its folds' members' best, in order.
///
/// Throws `missingInput` for what is not there or has none yet, `usage` if one is named twice, which would count it
/// twice.
public func checkpointPaths(_ arguments: [String]) throws(KitError) -> [[String]] {
  var result: [[String]] = []
  var places: [String] = []
  for argument in arguments {
    let paths = try checkpointPaths(argument)
    for path in paths {
      let place = absolutePath(path)
      if places.contains(place) { throw KitError(.usage, "\(path) is named twice") }
      places.append(place)
    }
    result.append(paths)
  }
  return result
}

private func checkpointPaths(_ argument: String) throws(KitError) -> [String] {
  guard let names = try? folderEntries(argument) else { return [argument] }
  let folder = withoutFinalSlash(argument)
  if names.contains("best.safetensors") { return ["\(folder)/best.safetensors"] }
  let folds = RunDirectory.folds(of: folder)
  let command = folds.isEmpty ? "train" : "cross-validate"
  let members =
    folds.isEmpty ? RunDirectory.members(of: folder) : folds.flatMap { RunDirectory.members(of: $0) }
  guard !members.isEmpty else {
    throw KitError(
      .missingInput,
      "\(argument) is no run: it holds neither best.safetensors nor a folder member-1 or fold-1")
  }
  if let saved = try? SavedConfiguration(ofRun: folder) {
    let planned =
      saved.configuration.members * (folds.isEmpty ? 1 : saved.configuration.folds?.trainings ?? 1)
    guard members.count == planned else {
      throw KitError(
        .missingInput,
        "\(argument) holds \(members.count) of its \(planned) models; kaggle-digits \(command) --resume \(folder) "
          + "goes on with it")
    }
  }
  var paths: [String] = []
  for member in members {
    guard try folderEntries(member.path).contains("best.safetensors") else {
      throw KitError(
        .missingInput,
        "\(member.path) has no checkpoint yet; kaggle-digits \(command) --resume \(folder) goes on with it")
    }
    paths.append(member.best)
  }
  return paths
}
