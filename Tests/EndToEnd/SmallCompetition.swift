import Foundation
import Platform
import TestSupport
import Testing

/// The folder of a synthetic competition that all tests read: 400 rows to train on, 300 to predict. Removed when the
/// tests end.
let competition: String = {
  let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
  let folder = "\(parent)/kaggle-digits-\(getpid())-competition"
  atexit { try? FileManager.default.removeItem(atPath: competition) }
  let sample = ["--output", folder, "--train-rows", "400", "--test-rows", "300", "--quiet"]
  let outcome = try? run("kaggle-digits-sample", sample)
  #expect(outcome?.status == 0, "the sample that the tests read can't be written: \(outcome?.errors ?? "")")
  return folder
}()

/// What most tests train: every kind of layer that draws or counts, a few hundredths of a second an epoch.
let smallNetwork = ["--network", "8C3-B-P2-D25-16N", "--batch", "32"]

/// Trains on `competition` into a folder.
@discardableResult
func train(
  _ output: String, _ arguments: [String], environment: [String: String?] = [:], emulated: Bool = false,
  signals: [PlannedSignal] = []
) throws -> Outcome {
  try run(
    "kaggle-digits-train", ["--data", competition, "--output", output] + arguments, environment: environment,
    emulated: emulated, signals: signals)
}

/// Trains and expects that it works.
func trained(_ output: String, _ arguments: [String], emulated: Bool = false) throws {
  let outcome = try train(output, arguments, emulated: emulated)
  #expect(outcome.status == 0, "\(outcome.errors)")
}

/// Continues a run.
@discardableResult
func resume(_ run: String, _ arguments: [String] = [], signals: [PlannedSignal] = []) throws -> Outcome {
  try EndToEnd.run("kaggle-digits-train", ["--resume", run] + arguments, signals: signals)
}

/// Trains tasks of a plan.
func work(
  _ plan: String, _ arguments: [String], environment: [String: String?] = [:], signals: [PlannedSignal] = []
) throws -> Outcome {
  try run("kaggle-digits", ["work", plan] + arguments, environment: environment, signals: signals)
}

/// Gathers a plan's tasks.
func gather(_ plan: String, _ arguments: [String] = []) throws -> Outcome {
  try run("kaggle-digits", ["gather", plan] + arguments)
}

/// Submits for `competition`.
@discardableResult
func submit(
  _ sources: [String], output: String, _ arguments: [String] = [], environment: [String: String?] = [:],
  emulated: Bool = false
) throws -> Outcome {
  try run(
    "kaggle-digits-submit", sources + ["--data", competition, "--output", output] + arguments,
    environment: environment, emulated: emulated)
}

/// One clear message, the right status, and no trap.
func expectRefusal(
  _ outcome: Outcome, status: Int32, _ texts: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  let errors = Comment(rawValue: outcome.errors)
  #expect(outcome.status == status, errors, sourceLocation: sourceLocation)
  #expect(outcome.output == "", sourceLocation: sourceLocation)
  #expect(
    outcome.errors.components(separatedBy: "error: ").count == 2, errors, sourceLocation: sourceLocation)
  #expect(!outcome.errors.contains("Fatal error"), errors, sourceLocation: sourceLocation)
  for text in texts { #expect(outcome.errors.contains(text), errors, sourceLocation: sourceLocation) }
}
