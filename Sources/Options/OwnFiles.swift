import Competition
import Foundations
import Runs

/// Refuses (`usage`), before anything is computed, outputs that would replace what a command reads, two outputs that are one
/// file, and names of another format. Links are followed, and `--force` does not matter.
///
/// - Parameters:
///   - outputs: What will be written, each with its format's ending.
///   - sources: Checkpoints, runs and cross-validations.
///   - fitted: The values of `--fit-weights`.
///   - files: Other files that are read.
///   - data: Where the tables are; nil without.
public func requireOwnFiles(
  _ outputs: [(file: OutputFile, what: String, ending: String)], sources: [String], fitted: [String] = [],
  files: [String] = [], data: DataSource?
) throws(KitError) {
  for output in outputs { try requireFormat(output.file, ending: output.ending, what: output.what) }
  let inputs = files + (data?.files ?? []) + (sources + fitted).flatMap(runFiles)
  try requireOwnFiles(outputs.map(\.file), inputs: inputs)
}

/// The files that a command writes with a submission, for `requireOwnFiles`.
///
/// - Parameters:
///   - path: The submission, `--output`.
///   - probabilities: The file with all probabilities; nil for none.
public func submissionOutputs(
  at path: String, probabilities: String?
) -> [(file: OutputFile, what: String, ending: String)] {
  var outputs = [
    (OutputFile("--output", path), "a submission", ".csv"),
    (
      OutputFile("the manifest beside it", SubmissionManifest.path(besideSubmission: path)), "a manifest",
      ".json"
    ),
    (
      OutputFile("the page beside it", SubmissionManifest.pagePath(besideSubmission: path)), "a page",
      ".html"
    ),
  ]
  if let probabilities {
    outputs.append((OutputFile("--probabilities", probabilities), "a table of probabilities", ".csv"))
  }
  return outputs
}

/// Refuses (`usage`) a folder for a run that holds what the training reads: its data, corrections or options.
func requireOwnFolder(_ output: String, inputs: [String]) throws(KitError) {
  try requireOwnFiles([OutputFile("--output", output)], inputs: inputs)
  let folder = absolutePath(withoutFinalSlash(output))
  guard let file = inputs.first(where: { absolutePath($0).hasPrefix(folder + "/") }) else { return }
  throw KitError(
    .usage,
    "--output \(quoted(output)) holds \(quoted(file)), which is read; choose another folder for the run")
}

/// The files that a source stands for: a file and those of its member beside it, or all of a run's that the kit reads.
private func runFiles(_ source: String) -> [String] {
  guard isFolder(source) else { return [source] + RunFiles.inputs(in: enclosingFolder(source)) }
  let folder = withoutFinalSlash(source)
  let parts = ((try? folderEntries(folder)) ?? []).filter(RunDirectory.isWithinRun)
  return RunFiles.inputs(in: folder) + parts.flatMap { runFiles("\(folder)/\($0)") }
}
