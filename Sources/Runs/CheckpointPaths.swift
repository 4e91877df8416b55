import Foundations

/// The checkpoint files that the arguments of a command name, argument by argument: a file names itself, a run its
/// members' checkpoints, a cross-validation those of its folds' members, in order.
///
/// - Throws: `missingInput` for what is not there or has no checkpoint yet; `usage` if a file is named twice, which would
///   count it twice.
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
  guard (try? folderEntries(argument)) != nil else { return [argument] }
  let folder = withoutFinalSlash(argument)
  if let checkpoint = checkpoint(inMemberFolder: folder) { return [checkpoint] }
  let folds = RunDirectory.folds(of: folder)
  let command = folds.isEmpty ? "train" : "cross-validate"
  var members =
    folds.isEmpty ? RunDirectory.members(of: folder) : folds.flatMap { RunDirectory.members(of: $0.path) }
  let isPlanned = fileExists(PlanFile.path(in: folder))
  guard !members.isEmpty else {
    if isPlanned {
      throw KitError(
        .missingInput,
        "\(argument) is a plan or a sweep, which has no checkpoints of its own yet; to train what is not done: kaggle-digits "
          + "work \(quoted(folder)) --any (after a sweep, train with the winner's options, which its page has)"
      )
    }
    throw KitError(
      .missingInput,
      "\(argument) is not a run: it has neither a checkpoint nor a folder member-1 or fold-1")
  }
  let resume =
    isPlanned
    ? "kaggle-digits work \(quoted(folder)) --any trains the others"
    : "kaggle-digits \(command) --resume \(quoted(folder)) resumes it"
  if let configuration = try? ConfigurationFile(ofRun: folder).configuration {
    // Someone else's folder may have such a name.
    let planned = RunDirectory.members(of: folder, plannedBy: configuration)
    members = planned.filter { fileExists($0.path) }
    guard members.count == planned.count else {
      throw KitError(
        .missingInput, "\(argument) has \(members.count) of its \(planned.count) members; \(resume)")
    }
  }
  var paths: [String] = []
  for member in members {
    guard let checkpoint = checkpoint(inMemberFolder: member.path) else {
      throw KitError(.missingInput, "\(member.path) has no checkpoint yet; \(resume)")
    }
    paths.append(checkpoint)
  }
  return paths
}

/// The checkpoint that a member predicts with, nil if its folder has none: the one that its configuration selects;
/// without a configuration, the best one if there is one, else the last.
public func checkpoint(inMemberFolder folder: String) -> String? {
  let selection = (try? ConfigurationFile(reading: ConfigurationFile.path(in: folder)))?.configuration.select
  let (best, last) = (BestCheckpointFile.path(in: folder), LastCheckpointFile.path(in: folder))
  let candidates =
    switch selection {
    case .best: [best]
    case .last: [last]
    case nil: [best, last]
    }
  return candidates.first(where: fileExists)
}
