import Foundations

/// What the kit wrote into a folder: what `--force` removes, and nothing else.
///
/// A member's folder is the kit's if it holds a configuration of the kit, a cross-validation's likewise, or a plan. Of such a
/// folder the files that the kit writes are its own, by their names. No symbolic link is followed or removed.
struct RunContents {
  /// Whether there is a run.
  private(set) var holdsRun = false
  /// Whether there is nothing but what a process leaves that is killed before it has begun a run: the lock, temporary
  /// files, and folders for folds and members with no more in them.
  private(set) var isBlank = true
  /// Whether the folder has the kit's lock.
  let isMarked: Bool
  private let folder: OpenFolder
  /// The kit's files by their places in the folder, configurations after what they are of: a removal that is cut short
  /// leaves what is recognized as a run.
  private var files: [String] = []
  /// The kit's folders, inner ones first.
  private var folders: [String] = []
  /// The places of the folds' and the members' folders, the kit's or not.
  private var parts: [String] = []
  /// The paths of all folders in which a run's files may be, the kit's or not.
  private var paths: [String] = []

  /// Looks through a folder. Throws `missingInput` if it can't be read.
  init(of path: String) throws(KitError) {
    folder = try OpenFolder(path)
    isMarked = RunLock.marks(folder)
    for name in try addMembers(of: folder, at: "") {
      if RunDirectory.foldNumber(name) != nil, let fold = folder.folder(name) {
        try addFold(fold, at: name)
      } else if RunDirectory.isTrial(name), let trial = folder.folder(name) {
        try addTrial(trial, name)
      } else {
        isBlank = false
      }
    }
    let isCrossValidation = ConfigurationFile.isKits(in: folder)
    let planned = PlanFile.command(ofPlanIn: folder)
    if isCrossValidation || planned != nil { holdsRun = true }
    if holdsRun {
      let owner = isCrossValidation ? RunFolder.crossValidation : planned == "sweep" ? .sweep : .training
      try addOwn(of: folder, at: "", owner)
    }
  }

  private mutating func addFold(_ fold: OpenFolder, at place: String) throws(KitError) {
    parts.append(place)
    let before = files.count
    if try !addMembers(of: fold, at: "\(place)/").isEmpty { isBlank = false }
    if files.count == before { return }
    try addOwn(of: fold, at: "\(place)/", .training)
    files.append("\(place)/\(RunLock.name)")
    folders.append(place)
  }

  /// Adds a trial's folds.
  private mutating func addTrial(_ trial: OpenFolder, _ name: String) throws(KitError) {
    let before = files.count
    for fold in try trial.names() where RunDirectory.foldNumber(fold) != nil {
      if let folder = trial.folder(fold) { try addFold(folder, at: "\(name)/\(fold)") }
    }
    if files.count > before { folders.append(name) }
  }

  /// Adds the members of a training's folder. Returns what else is in it, but the lock and temporary files.
  private mutating func addMembers(of training: OpenFolder, at place: String) throws(KitError) -> [String] {
    paths.append(training.path)
    var others: [String] = []
    for name in try training.names() where name != RunLock.name && !WholeFile.isTemporary(name) {
      guard RunDirectory.memberNumber(name) != nil, let member = training.folder(name) else {
        others.append(name)
        continue
      }
      paths.append(member.path)
      parts.append(place + name)
      if try !member.names().allSatisfy({ $0 == RunLock.name || WholeFile.isTemporary($0) }) {
        isBlank = false
      }
      guard ConfigurationFile.isKits(in: member) else { continue }
      holdsRun = true
      try addOwn(of: member, at: "\(place)\(name)/", .member)
      files.append("\(place)\(name)/\(RunLock.name)")
      folders.append(place + name)
    }
    return others
  }

  /// Adds the files that the kit writes into a folder of its own, and its figures.
  private mutating func addOwn(of folder: OpenFolder, at place: String, _ owner: RunFolder) throws(KitError) {
    let own = try folder.names().filter { RunFiles.isWritten($0, by: owner) }
    if own.contains(FiguresFolder.name), let figures = folder.folder(FiguresFolder.name) {
      paths.append(figures.path)
      let names = try figures.names().filter { FiguresFolder.isFigure($0) && figures.kind(of: $0) == .file }
      files += names.map { "\(place)\(FiguresFolder.name)/\($0)" }
      folders.append(place + FiguresFolder.name)
    }
    let names = own.filter { folder.kind(of: $0) == .file }
    let marks = [ConfigurationFile.name, PlanFile.name]
    files += names.filter { !marks.contains($0) }.map { place + $0 }
    files += names.filter(marks.contains).map { place + $0 }
  }

  /// Refuses (`failure`) if another process writes to one of the folds, or works on a task.
  func askParts() throws(KitError) {
    for place in parts {
      let part = pathNames(place).reduce(folder as OpenFolder?) { $0?.folder($1) }
      if let part { try RunLock.ask(part) }
    }
  }

  /// Refuses (`cannotWrite`) a new run that would write over something else than what is removed.
  func requireRoom(for configuration: Configuration) throws(KitError) {
    let room = Room(removed: Set(files))
    guard let folds = configuration.folds, folds.number == nil else {
      try room.require(in: folder, at: "", .training)
      return try room.requireForMembers(configuration.members, in: folder, at: "")
    }
    try room.require(in: folder, at: "", .crossValidation)
    for name in try folder.names() {
      guard let number = RunDirectory.foldNumber(name), number <= folds.trainings else { continue }
      if let fold = try room.requireFolder(name, in: folder, at: "") {
        try room.requireForMembers(configuration.members, in: fold, at: "\(name)/")
      }
    }
  }

  /// Removes the kit's files, and its folders that are empty then. Throws `cannotWrite`.
  func remove() throws(KitError) {
    for file in files { try folder.removeFile(file) }
    removeLeftovers()
    for place in folders { try folder.removeEmptyFolder(place) }
  }

  /// Removes the temporary files that killed processes left.
  func removeLeftovers() {
    for path in paths { WholeFile.removeLeftovers(in: path) }
  }
}

/// Whether there is room for a run's files where some files are removed.
private struct Room {
  /// The files' places.
  let removed: Set<String>

  func requireForMembers(_ count: Int, in training: OpenFolder, at place: String) throws(KitError) {
    for name in try training.names() {
      guard let number = RunDirectory.memberNumber(name), number <= count else { continue }
      if let member = try requireFolder(name, in: training, at: place) {
        try require(in: member, at: "\(place)\(name)/", .member)
      }
    }
  }

  /// For the files that the kit writes into a folder.
  func require(in folder: OpenFolder, at place: String, _ owner: RunFolder) throws(KitError) {
    for name in try folder.names() where RunFiles.isWritten(name, by: owner) {
      guard name == FiguresFolder.name else {
        try require(name, in: folder, at: place)
        continue
      }
      guard let figures = try requireFolder(name, in: folder, at: place) else { continue }
      for figure in try figures.names() where FiguresFolder.isFigure(figure) {
        try require(figure, in: figures, at: "\(place)\(name)/")
      }
    }
  }

  /// For a folder: nil if what has its name is removed.
  func requireFolder(_ name: String, in parent: OpenFolder, at place: String) throws(KitError) -> OpenFolder?
  {
    if let folder = parent.folder(name) { return folder }
    try require(name, in: parent, at: place)
    return nil
  }

  private func require(_ name: String, in parent: OpenFolder, at place: String) throws(KitError) {
    if removed.contains(place + name) { return }
    let problem =
      parent.kind(of: name) == .link
      ? "is a symbolic link, which is neither followed nor removed" : "is not a file that the run there wrote"
    throw KitError(
      .cannotWrite, "\(parent.path)/\(name) \(problem); move it away, or give --output another name")
  }
}
