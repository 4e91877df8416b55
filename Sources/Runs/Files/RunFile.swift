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
}

/// The kinds of folders that a run is made of.
package enum RunFolder: Sendable {
  /// A training, or a fold of a cross-validation.
  case training
  /// A cross-validation, which holds a training's folder for each fold.
  case crossValidation
  /// A member of a training.
  case member
}

extension RunFile {
  /// A file, not a folder.
  package static var isFolder: Bool { false }

  /// The file's place in a folder.
  package static func path(in folder: String) -> String { "\(folder)/\(name)" }
}

/// All files of a run but TensorBoard's event file, whose name the TensorBoard library gives.
package enum RunFiles {
  /// The files, in the order in which a person would want to see them: what `--force` removes of a run's folder, and
  /// what the commands' help says of it. A member's folder is the kit's own and removed with all that it holds.
  package static let all: [any RunFile.Type] = [
    PageFile.self, FiguresFolder.self, ConfigurationFile.self, FoldsFile.self, CrossValidationFile.self,
    OutOfFoldFile.self, MemberPredictionsFile.self, HistoryFile.self, TimingsFile.self,
    LastCheckpointFile.self, BestCheckpointFile.self, StateFile.self,
  ]

  /// Where the files would be in a folder.
  package static func paths(in folder: String) -> [String] {
    all.filter { !$0.isFolder }.map { $0.path(in: folder) }
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
  package static let owners = [RunFolder.training, .crossValidation]
  package static let summary = "the run's page; open it in a browser"
}

/// `figures/`: the page's figures, an SVG each.
public enum FiguresFolder: RunFile {
  package static let name = "figures"
  package static let owners = [RunFolder.training, .crossValidation]
  package static let summary = "the page's figures, an SVG each"
  package static let isFolder = true

  /// A figure's place in a run's folder.
  package static func path(ofFigure figure: String, in folder: String) -> String {
    "\(path(in: folder))/\(figure).svg"
  }
}
