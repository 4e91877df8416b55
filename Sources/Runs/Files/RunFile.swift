/// A file of a run: what it is called, which folders hold one, and what it is for.
///
/// Each has a type of its own, which reads and writes it; nobody else spells its name or a key of what it holds. A new
/// file is a new type and an entry in `RunFiles.all`.
package protocol RunFile: SendableMetatype {
  /// The file's name, or the folder's.
  static var name: String { get }
  /// Which folders of a run hold one.
  static var owners: [RunFolder] { get }
  /// What it holds, in a line.
  static var summary: String { get }
  /// Whether it is a folder of files.
  static var isFolder: Bool { get }
  /// Whether a name is the file's, which may have a number in it.
  static func isName(_ name: String) -> Bool
}

/// The kinds of folders that a run is made of.
package enum RunFolder: Sendable {
  /// A training, or a fold of a cross-validation.
  case training
  /// A cross-validation, which holds a training's folder for each fold.
  case crossValidation
  /// A sweep, which holds such folders for each trial of each rung.
  case sweep
  /// A member of a training.
  case member
}

extension RunFile {
  /// A file, not a folder.
  package static var isFolder: Bool { false }

  /// A name without a number.
  package static func isName(_ name: String) -> Bool { name == Self.name }

  /// The file's place in a folder.
  package static func path(in folder: String) -> String { "\(folder)/\(name)" }
}

/// All files of a run.
package enum RunFiles {
  /// The files, in the order in which a person would want to see them: what `--force` removes of a run, and what the
  /// commands' help says of it.
  package static let all: [any RunFile.Type] = [
    PageFile.self, FiguresFolder.self, PlanFile.self, ConfigurationFile.self, FoldsFile.self,
    CrossValidationFile.self,
    OutOfFoldFile.self, MemberPredictionsFile.self, SweepFile.self, HistoryFile.self, TimingsFile.self,
    LastCheckpointFile.self, BestCheckpointFile.self, StateFile.self, DivergedFile.self, EventLog.self,
  ]

  /// Where those files would be in a folder that commands read: all but the page and its figures.
  package static func inputs(in folder: String) -> [String] {
    all.filter { !$0.isFolder && $0.name != PageFile.name }.map { $0.path(in: folder) }
  }

  /// Whether the kit writes a file, or a folder of files, of a name into some folders.
  static func isWritten(_ name: String, by owner: RunFolder) -> Bool {
    all.contains { $0.owners.contains(owner) && $0.isName(name) }
  }

  /// The files of some folders for help, a line each.
  package static func help(_ owner: RunFolder) -> String {
    all.filter { $0.owners.contains(owner) }
      .map { "  \($0.name)\($0.isFolder ? "/" : ""): \($0.summary)" }
      .joined(separator: "\n")
  }
}

/// `report.html`: the run's page.
public enum PageFile: RunFile {
  package static let name = "report.html"
  package static let owners = [RunFolder.training, .crossValidation, .sweep]
  package static let summary = "the run's page; open it in a browser"
}

/// `figures/`: the page's figures, an SVG each.
public enum FiguresFolder: RunFile {
  package static let name = "figures"
  package static let owners = [RunFolder.training, .crossValidation, .sweep]
  package static let summary = "the page's figures, an SVG each"
  package static let isFolder = true

  /// The figures of a run's page.
  package static let figures = [
    "loss", "accuracy", "learning-rate", "late-accuracy", "confusion", "calibration",
  ]

  /// Those of a sweep's page: the trials, and each option that it may have searched.
  private static let ofSweeps = ["trials"] + Configuration.schema.map { "option-\($0.name)" }

  /// Whether a name in the folder is that of a figure.
  static func isFigure(_ name: String) -> Bool { (figures + ofSweeps).contains { name == "\($0).svg" } }

  /// A figure's place in a run's folder.
  package static func path(ofFigure figure: String, in folder: String) -> String {
    "\(path(in: folder))/\(figure).svg"
  }
}

/// `trials.json`: what a sweep has shown, which the library of sweeps knows.
package enum SweepFile: RunFile {
  package static let name = "trials.json"
  package static let owners = [RunFolder.sweep]
  package static let summary = "the trials with their scores, and what the winner is worth"
}

/// `diverged.txt`: that a trial's loss became NaN or infinite, which is its result.
package enum DivergedFile: RunFile {
  package static let name = "diverged.txt"
  package static let owners = [RunFolder.member]
  package static let summary = "in a sweep, why a training failed"
}

/// `events.out.tfevents.NUMBER.kaggle-digits`: a member's history for TensorBoard. The TensorBoard library, which knows
/// nothing of runs, numbers and writes it.
package enum EventLog: RunFile {
  package static let name = "events.out.tfevents.NUMBER.kaggle-digits"
  package static let owners = [RunFolder.member]
  package static let summary = "the same history for TensorBoard"

  package static func isName(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let own = Self.name.split(separator: ".")
    return parts.count == own.count && parts[3].allSatisfy { "0"..."9" ~= $0 } && !parts[3].isEmpty
      && parts.indices.allSatisfy { $0 == 3 || parts[$0] == own[$0] }
  }
}
