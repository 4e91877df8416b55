import ArgumentParser
import Foundations

/// A command behind the front door; `kaggle-digits NAME` runs the executable `kaggle-digits-NAME`.
public struct KitCommand: Sendable {
  /// What is typed behind `kaggle-digits`.
  public let name: String
  /// What it does, in a line.
  public let summary: String
  /// The file name of its executable.
  public var executable: String { "kaggle-digits-\(name)" }
}

/// All commands, in the usual order of use: the one list that the overview, the suggestions, the completion
/// scripts and each command's own help are made from.
public let kitCommands = [
  KitCommand(name: "demo", summary: "Goes the whole way on synthetic digits, within a minute."),
  KitCommand(
    name: "sample", summary: "Writes a synthetic competition, to try things without Kaggle's files."),
  KitCommand(name: "train", summary: "Trains a network, or several, on train.csv and validates each epoch."),
  KitCommand(
    name: "cross-validate",
    summary: "Trains on all folds but one, in turn, and scores each on the one held out."),
  KitCommand(name: "evaluate", summary: "Scores checkpoints on labelled rows that they were not trained on."),
  KitCommand(name: "submit", summary: "Predicts test.csv with what was trained and writes the submission."),
  KitCommand(
    name: "report", summary: "Shows a run, or several side by side, as a page to read in a browser."),
  KitCommand(
    name: "benchmark", summary: "Measures how fast this machine trains and predicts, and how fast it could."),
]

extension CommandConfiguration {
  /// The configuration of the command behind `kaggle-digits NAME`: its name, version, and summary from
  /// `kitCommands`; `discussion` is the paragraph below the summary in `--help`.
  public static func command(_ name: String, discussion: String = "") -> CommandConfiguration {
    CommandConfiguration(
      commandName: "kaggle-digits \(name)",
      abstract: kitCommands.first { $0.name == name }?.summary ?? "",
      discussion: discussion,
      version: kitVersion)
  }
}
