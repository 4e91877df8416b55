import ArgumentParser
import Foundations

/// A command: `kaggle-digits NAME` runs its executable as `kaggle-digits-NAME`.
public struct KitCommand: Sendable {
  /// What is typed after `kaggle-digits`.
  public let name: String
  /// What it does, in one line.
  public let summary: String
  /// The file name of its executable.
  public let file: String
  /// The name by which the executable is called: that of its file, or of a link to a file that several commands share.
  public var executable: String { "kaggle-digits-\(name)" }

  /// A command with an executable of its own, or one of those in `file`.
  init(name: String, summary: String, file: String? = nil) {
    self.name = name
    self.summary = summary
    self.file = file ?? "kaggle-digits-\(name)"
  }

  /// A command of `kaggle-digits-tools`.
  fileprivate static func tool(name: String, summary: String) -> KitCommand {
    KitCommand(name: name, summary: summary, file: "kaggle-digits-tools")
  }
}

/// All commands, in the usual order of use. The overview, suggestions, completion scripts and each command's help are made
/// from this list.
public let kitCommands = [
  KitCommand(name: "demo", summary: "Tries everything on synthetic digits, from training to a submission."),
  KitCommand(
    name: "sample", summary: "Creates synthetic data, to try things without Kaggle's files."),
  .tool(name: "download", summary: "Downloads the competition's data with Kaggle's program, and checks it."),
  KitCommand(name: "train", summary: "Trains one or more networks on train.csv and validates each epoch."),
  KitCommand(
    name: "cross-validate",
    summary: "Trains on all folds but one, in turn, and scores the held-out rows."),
  .tool(name: "sweep", summary: "Searches better options, and says whether the winner is more than luck."),
  .tool(name: "jobs", summary: "Prints a script for a cluster that trains a plan's tasks."),
  .tool(name: "work", summary: "Trains a task of a plan, or all that are free."),
  .tool(name: "gather", summary: "Scores a plan whose tasks are done, or joins the parts of a submission."),
  KitCommand(name: "evaluate", summary: "Scores checkpoints on labelled rows that they were not trained on."),
  KitCommand(name: "submit", summary: "Predicts test.csv with trained networks and writes the submission."),
  KitCommand(name: "predict", summary: "Reads the digits in pictures: photos, scans, drawings."),
  KitCommand(
    name: "serve", summary: "Opens a page to draw digits on, answered by trained networks, and an HTTP API."),
  KitCommand(
    name: "report", summary: "Makes a web page of a run, or of several for comparison."),
  .tool(name: "leaderboard", summary: "Shows all runs and submissions with their scores, Kaggle's too."),
  .tool(name: "notebook", summary: "Writes what it takes to train and predict on Kaggle's machines."),
  .tool(name: "reproduce", summary: "Makes a submission again from its manifest, and compares every byte."),
  .tool(
    name: "export", summary: "Writes trained networks for ONNX, PyTorch or Keras, or as a page of their own."),
  .tool(
    name: "import", summary: "Reads networks back from PyTorch or Keras, trained further or not."),
  .tool(
    name: "describe", summary: "Shows a network's layers, shapes and costs, and its speed on this machine."),
  KitCommand(
    name: "benchmark", summary: "Measures training and prediction speed, and the processor's limit."),
]

extension CommandConfiguration {
  /// The configuration of `kaggle-digits NAME`, with the version, and the summary from `kitCommands`. `discussion` is the
  /// text below the summary in `--help`.
  public static func command(_ name: String, discussion: String = "") -> CommandConfiguration {
    CommandConfiguration(
      commandName: "kaggle-digits \(name)",
      abstract: kitCommands.first { $0.name == name }?.summary ?? "",
      discussion: discussion,
      version: kitVersion)
  }
}
