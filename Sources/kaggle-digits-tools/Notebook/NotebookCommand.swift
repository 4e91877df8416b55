import ArgumentParser
import Foundations
import Kaggle
import Runs
import Terminal

/// Folders for Kaggle's program, by which Kaggle's machines train and predict.
struct NotebookCommand: Command {
  static let configuration = CommandConfiguration.command(
    "notebook",
    discussion: """
      Writes two folders for Kaggle's official program: a dataset with the kit's executables, and a notebook (a script) that \
      unpacks them, trains by a recipe and writes submission.csv. Then shows the commands that upload and run them. The \
      notebook needs no GPU and no network.
      """)

  @Option(help: ArgumentHelp("The folder to write to.", valueName: "folder"), completion: .directory)
  var output = "kaggle"

  @Option(
    help: ArgumentHelp("Your user name at Kaggle, as in https://www.kaggle.com/NAME.", valueName: "name"))
  var user: String

  @Option(help: ArgumentHelp("What to train, see kaggle-digits train --help.", valueName: "recipe"))
  var recipe = Recipe.balanced

  @Option(
    help: ArgumentHelp(
      "The archive of static executables. (default: the only kaggle-digits*.tar.* of the current folder)",
      valueName: "file"),
    completion: .file())
  var archive: String?

  @OptionGroup var reporting: OutputOptions

  /// What may be in Kaggle's names.
  private static let letters = "abcdefghijklmnopqrstuvwxyz0123456789-_"

  private static let endings = [".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar"]

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output is empty; it takes a folder") }
    guard !user.isEmpty, user.allSatisfy({ Self.letters.contains($0) }) else {
      throw ValidationError(
        "--user is '\(user)'; it is the name in your profile's address, of lower-case letters, digits and hyphens"
      )
    }
  }

  func run() throws {
    Interruption.install()
    let source = try findArchive()
    let ending = Self.endings.first(where: source.hasSuffix) ?? ""
    let notebook = KaggleNotebook(user: user, recipe: recipe, archive: "kaggle-digits\(ending)")
    let folder = withoutFinalSlash(output)
    let (dataset, kernel) = ("\(folder)/dataset", "\(folder)/notebook")
    let copy = "\(dataset)/\(notebook.archive)"
    try requireOwnFiles([OutputFile("the copy of the archive", copy)], inputs: [source])
    try makeFolders(dataset)
    try makeFolders(kernel)
    // All that may not be replaced is known before anything is written.
    let files = [
      ("\(dataset)/dataset-metadata.json", notebook.datasetMetadata.serialized(pretty: true) + "\n"),
      ("\(kernel)/kernel-metadata.json", notebook.kernelMetadata.serialized(pretty: true) + "\n"),
      ("\(kernel)/\(KaggleNotebook.script)", notebook.code),
    ]
    var opened: [(file: WholeFile, text: String)] = []
    for (path, text) in files {
      opened.append((try WholeFile(at: path, replacing: reporting.force), text))
    }
    try copyFile(source, to: copy)
    for (file, text) in opened {
      try file.write(text)
      try file.commit()
    }
    show(notebook, dataset: dataset, kernel: kernel, folder: folder)
  }

  private func show(_ notebook: KaggleNotebook, dataset: String, kernel: String, folder: String) {
    let reference = notebook.kernelReference
    let commands = [
      "kaggle datasets create -p \(quoted(dataset))", "kaggle kernels push -p \(quoted(kernel))",
      "kaggle kernels status \(reference)",
      "kaggle kernels output \(reference) -p \(quoted("\(folder)/output"))",
      "kaggle-digits submit \(quoted("\(folder)/output/submission.csv")) --upload",
    ]
    if reporting.json {
      printJSON(
        .object([
          ("dataset", .string(dataset)), ("notebook", .string(kernel)),
          ("commands", .array(commands.map { .string($0) })),
        ]))
      return
    }
    printLine("\(dataset) and \(kernel) are ready for Kaggle's program; run these, one after another:")
    for command in commands { printLine("  \(command)") }
    note(
      """
      The first two end with status 0 even if they fail: look for 'error' in what they print. The third says when the \
      notebook is done. A newer kit in the same dataset: kaggle datasets version -p \(quoted(dataset)) -m TEXT
      """)
  }

  private func findArchive() throws(KitError) -> String {
    let howTo = "make one as the section on installing in README.md says, and pass it with --archive FILE"
    var candidates = archive.map { [$0] } ?? []
    if archive == nil {
      candidates = try folderEntries(".").filter { name in
        name.hasPrefix("kaggle-digits") && Self.endings.contains(where: name.hasSuffix)
      }
    }
    guard candidates.count == 1 else {
      throw KitError(
        candidates.isEmpty ? .missingInput : .usage,
        candidates.isEmpty
          ? "there is no archive of the kit's static executables here; \(howTo)"
          : "there are several archives here: \(candidates.joined(separator: ", ")); pass one with --archive")
    }
    let path = candidates[0]
    guard Self.endings.contains(where: path.hasSuffix) else {
      throw KitError(
        .usage,
        "--archive \(quoted(path)) is not named like a tar archive (\(Self.endings.joined(separator: ", ")))")
    }
    _ = try InputFile.size(ofFileAt: path)
    return path
  }

  private func copyFile(_ source: String, to target: String) throws(KitError) {
    let file = try WholeFile(at: target, replacing: reporting.force)
    var failure: KitError?
    try InputFile.read(source) { piece in
      if failure != nil { return }
      do throws(KitError) { try file.write(piece) } catch { failure = error }
    }
    if let failure { throw failure }
    try file.commit()
  }
}

extension Recipe: ExpressibleByArgument {}
