import Foundations

/// The run that a path leads into, as that of a member's folder or of a checkpoint, where the run itself is meant.
public struct RunPart {
  /// The path, and what is there.
  private let path: String
  private let what: String
  /// The training's folder.
  private let run: String
  /// The cross-validation's, if the training is one of its folds.
  private let crossValidation: String?

  /// The run that a path leads into; nil if it leads to a run, a fold too, or anywhere else.
  public init?(_ path: String) {
    let isFolder = (try? folderEntries(path)) != nil
    if !isFolder && !fileExists(path) { return nil }
    let member = isFolder ? withoutFinalSlash(path) : enclosingFolder(path)
    guard fileExists(ConfigurationFile.path(in: member)),
      let run = Self.parent(of: member, RunDirectory.memberNumber)
    else { return nil }
    self.path = path
    what = isFolder ? "a member" : "a file of a member"
    self.run = run
    crossValidation = Self.crossValidation(ofFold: run)
  }

  /// The cross-validation that a fold's folder belongs to; nil for another folder.
  static func crossValidation(ofFold path: String) -> String? {
    parent(of: path, RunDirectory.foldNumber).flatMap { RunDirectory.isCrossValidation($0) ? $0 : nil }
  }

  /// The refusal to resume a fold by itself by the command for all of them; nil for another folder.
  static func refusalOfFold(_ path: String) -> KitError? {
    crossValidation(ofFold: path).map { whole in
      KitError(
        .usage, "\(path) is a fold of \(whole); \(commands(forFold: withoutFinalSlash(path), of: whole))")
    }
  }

  private static func commands(forFold fold: String, of whole: String) -> String {
    "to resume all folds: kaggle-digits cross-validate --resume \(quoted(whole)), or this one: "
      + "kaggle-digits train --resume \(quoted(fold))"
  }

  /// The refusal of a command that takes a run.
  public func refusal(by command: String) -> KitError {
    guard ["train", "cross-validate"].contains(command) else {
      return KitError(
        .usage,
        "\(path) is \(what) of \(run); name the run: kaggle-digits \(command) \(quoted(crossValidation ?? run))"
      )
    }
    guard let crossValidation else {
      return KitError(
        .usage, "\(path) is \(what) of \(run); to resume the run: kaggle-digits train --resume \(quoted(run))"
      )
    }
    return KitError(
      .usage,
      "\(path) is \(what) of \(run), a fold of \(crossValidation); "
        + Self.commands(forFold: run, of: crossValidation))
  }

  /// The folder that a folder is in, if that is named like a run's part: as it was typed where that tells, else from the
  /// root.
  private static func parent(of path: String, _ number: (String) -> Int?) -> String? {
    let real = absolutePath(path)
    let name = lastName(real)
    guard number(name) != nil else { return nil }
    return enclosingFolder(lastName(path) == name ? path : real)
  }
}
