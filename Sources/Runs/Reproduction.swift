import Foundations

/// How to make a submission again: the trainings of its checkpoints, by the configurations beside them, and the prediction.
public struct Reproduction: Sendable {
  /// A run or a cross-validation that checkpoints are of.
  public struct Training: Sendable {
    /// Its folder, from the root.
    public let run: String
    /// The command that trains it.
    public let command: String
    /// What it was trained with.
    public let file: ConfigurationFile
    /// The name of the folder in which it is trained again.
    public let name: String
    /// The folds whose members are among the checkpoints; nil for a training, and for all folds.
    public internal(set) var folds: [Int]?

    /// The options that train it again, without `--data` and `--output`.
    public var arguments: [String] {
      file.configuration.arguments(for: command) + file.tableArguments(of: run)
        + (file.prediction?.arguments ?? []) + foldArguments
    }

    /// `--only-folds`, if not all of them are needed.
    public var foldArguments: [String] {
      folds.map { ["--only-folds", $0.map { "\($0)" }.joined(separator: ",")] } ?? []
    }

    /// The files of the byte promise that training again makes, by their places in the run's folder: histories first, since
    /// they tell the epoch in which something changed.
    public func files(in again: String) -> [String] {
      let trainings = RunDirectory.folds(of: again).map { "fold-\($0.number)" }
      let members = (trainings.isEmpty ? [""] : trainings.map { "\($0)/" }).flatMap { training in
        RunDirectory.members(of: "\(again)/\(training)").map { "\(training)member-\($0.number)" }
      }
      let names = [HistoryFile.name, LastCheckpointFile.name, BestCheckpointFile.name, StateFile.name]
      let ofMembers = names.flatMap { name in members.map { "\($0)/\(name)" } }
      let own = folds == nil ? [OutOfFoldFile.name, MemberPredictionsFile.name] : []
      return (ofMembers + own).filter { fileExists("\(again)/\($0)") }
    }
  }

  /// What is made again.
  public let manifest: ManifestFile
  /// The trainings, in the order of their first checkpoints.
  public private(set) var trainings: [Training] = []
  /// For each checkpoint its training, and its place in the run's folder.
  private var places: [(training: Int, place: String)] = []

  /// Finds the trainings of a manifest's checkpoints. Paths that the manifest names are looked for from the current folder, and
  /// from the one that the manifest's folder is in.
  ///
  /// - Throws: `missingInput` if a checkpoint has no configuration beside it, `badData` if one is malformed or the manifest
  ///   has no checkpoints.
  public init(of manifest: ManifestFile) throws(KitError) {
    self.manifest = manifest
    guard !manifest.checkpoints.isEmpty else {
      throw KitError(
        .badData, "\(manifest.path) names no checkpoints: its submission was not made by this kit")
    }
    let parent = enclosingFolder(enclosingFolder(absolutePath(manifest.path)))
    for checkpoint in manifest.checkpoints {
      let candidates =
        [checkpoint.file] + (isAbsolute(checkpoint.file) ? [] : ["\(parent)/\(checkpoint.file)"])
      let file = candidates.first { fileExists(ConfigurationFile.path(in: enclosingFolder($0))) }
      guard let file else {
        throw KitError(
          .missingInput,
          "\(ConfigurationFile.path(in: enclosingFolder(checkpoint.file))) is missing, and without it \(checkpoint.file) can't "
            + "be trained again; run the command in the folder where the submission was made")
      }
      try add(file)
    }
    for index in trainings.indices {
      guard let all = trainings[index].file.configuration.folds?.trainings else { continue }
      if trainings[index].folds?.count == all { trainings[index].folds = nil }
    }
  }

  private mutating func add(_ checkpoint: String) throws(KitError) {
    let member = absolutePath(enclosingFolder(checkpoint))
    var run = enclosingFolder(member)
    var fold: Int?
    if let whole = RunPart.crossValidation(ofFold: run) {
      fold = RunDirectory.foldNumber(lastName(run))
      run = whole
    }
    let name = lastName(checkpoint)
    let place = "\(member.dropFirst(run.count + 1))/\(name)"
    var index = trainings.firstIndex { $0.run == run }
    if index == nil {
      let configuration = ConfigurationFile.path(in: fold == nil ? member : run)
      let file = try ConfigurationFile(reading: configuration)
      guard fold != nil || file.configuration.folds == nil else {
        throw KitError(
          .missingInput, "\(member) is of a fold, but \(run) is not in its cross-validation's folder any more"
        )
      }
      trainings.append(
        Training(
          run: run, command: fold == nil ? "train" : "cross-validate", file: file,
          name: "run-\(trainings.count + 1)", folds: fold == nil ? nil : []))
      index = trainings.count - 1
    }
    guard let index else { return }
    if let fold, trainings[index].folds?.contains(fold) == false {
      trainings[index].folds = ((trainings[index].folds ?? []) + [fold]).sorted()
    }
    places.append((index, place))
  }

  /// The checkpoints as they were, and made again in a folder, with their digests in the manifest.
  public func checkpoints(in folder: String) -> [(original: String, again: String, digest: String)] {
    zip(places, manifest.checkpoints).map { place, checkpoint in
      let training = trainings[place.training]
      return (
        "\(training.run)/\(place.place)", "\(folder)/\(training.name)/\(place.place)", checkpoint.digest
      )
    }
  }

  /// The sources and options of `submit` that predict again from what was trained in a folder.
  ///
  /// - Throws: `badData` if weights can't be assigned to sources.
  public func submission(from folder: String) throws(KitError) -> [String] {
    let prediction =
      manifest.prediction.arguments + (manifest.columns.map { ["--submission-columns", $0] } ?? [])
      + (manifest.part.map { ["--rows", $0.rows.text] } ?? [])
    guard let weights = manifest.weights else { return checkpoints(in: folder).map(\.again) + prediction }
    let used = weights.filter { $0 > 0 }
    let groups = groups
    let sources = groups.compactMap { source(of: $0, in: folder) }
    guard sources.count == groups.count, sources.count == used.count else {
      throw KitError(
        .badData,
        "\(manifest.path) has \(used.count) weights for sources that can't be told from its checkpoints")
    }
    return sources + prediction + ["--weights", used.map { "\($0)" }.joined(separator: ",")]
  }

  /// The checkpoints of each source, by their places: as the manifest says, or those of one run after another.
  private var groups: [[Int]] {
    var groups: [[Int]] = []
    for index in manifest.checkpoints.indices {
      let isNext =
        index > 0
        && (manifest.checkpoints[index].source.map { $0 == manifest.checkpoints[index - 1].source }
          ?? (places[index].training == places[index - 1].training))
      if isNext { groups[groups.count - 1].append(index) } else { groups.append([index]) }
    }
    return groups
  }

  /// The file or folder that stands for these checkpoints; nil if none does.
  private func source(of group: [Int], in folder: String) -> String? {
    let files = checkpoints(in: folder)
    let wanted = group.map { absolutePath(files[$0].again) }
    guard let first = group.first else { return nil }
    let member = enclosingFolder(files[first].again)
    let candidates = [files[first].again, enclosingFolder(member), enclosingFolder(enclosingFolder(member))]
    return candidates.first { candidate in
      guard let found = try? checkpointPaths([candidate]) else { return false }
      return found.joined().map(absolutePath) == wanted
    }
  }
}
