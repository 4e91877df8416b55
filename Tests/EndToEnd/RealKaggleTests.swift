import Foundation
import TestSupport
import Testing

/// Kaggle's real program (`kaggle` and `six` from PyPI) with the kit, against a stand-in for Kaggle's servers on loopback: so
/// the flags that the kit gives and the texts that it reads are the real ones.
@Suite(
  .serialized,
  .enabled(
    if: RealKaggle.program != nil,
    "no Kaggle program (pip install kaggle six, in the environment of KAGGLE_DIGITS_PYTHON or on the PATH)"))
struct RealKaggleTests {
  private let folder = try? TemporaryFolder()

  @Test func downloadResumesAndFailuresAreKnown() throws {
    let kaggle = try RealKaggle(in: try #require(folder).path)
    defer { kaggle.stop() }
    try kaggle.writeArchive()
    // The first connection is cut in the middle; the program goes on from there by itself.
    try kaggle.scenario("half")
    let whole = try kaggle.run(["download"])
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(whole.output == "digit-recognizer.zip: 400 labelled rows and 300 to predict, all read\n")
    #expect(try kaggle.requests().contains { $0.hasPrefix("from ") && $0 != "from 0" })
    for (scenario, text) in [
      ("rules", "competitions/digit-recognizer/rules"), ("missing", "Kaggle found nothing there"),
      ("limited", "too many requests"), ("broken", "servers have a problem"),
      ("unauthorized", "kaggle auth login"),
    ] {
      try kaggle.scenario(scenario)
      let outcome = try kaggle.run(["download", "--output", "x.zip"])
      expectRefusal(outcome, status: 1, text)
    }
    try kaggle.scenario("")
    expectRefusal(try kaggle.run(["download", "--output", "x.zip"], port: 1), status: 1, "can't be reached")
    expectRefusal(
      try kaggle.run(["download", "--output", "x.zip"], key: nil), status: 1, "kaggle auth login")
    #expect(!FileManager.default.fileExists(atPath: "\(kaggle.folder)/x.zip"))
  }

  @Test func uploadsGetTheirScoresOnce() throws {
    let kaggle = try RealKaggle(in: try #require(folder).path)
    defer { kaggle.stop() }
    let path = "\(kaggle.folder)/a.csv"
    try writeSubmission(to: path)
    let outcome = try kaggle.run(["submit", "a.csv", "--upload", "--message=-m, \"quoted\" ünï"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("public score: 0.99757 (68 of 28,000 images wrong, or 17 of 7,000)"))
    #expect(outcome.output.contains("4 submissions left today"))
    #expect(try bytes("\(kaggle.folder)/uploaded") == bytes(path))
    #expect(try kaggle.run(["submit", "a.csv", "--upload"]).output.contains("not uploaded again"))
    // Its list is read by its tag, with what the message has in it.
    try FileManager.default.removeItem(atPath: "\(kaggle.folder)/a.json")
    #expect(try kaggle.run(["submit", "a.csv", "--upload"]).output.contains("already uploaded"))
    #expect(try text("\(kaggle.folder)/a.json").contains("-m, \\\"quoted\\\" ünï ["))
    #expect(try kaggle.requests().count { $0 == "CreateSubmission" } == 1)

    try writeSubmission(to: path, first: 3)
    for (scenario, text) in [
      ("used", "0 submissions are left today"), ("quota", "You have used all of your submissions"),
      ("unscored", "Submission has null values"),
    ] {
      try kaggle.scenario(scenario)
      expectRefusal(try kaggle.run(["submit", "a.csv", "--upload", "--quiet"]), status: 1, text)
    }
    try kaggle.scenario("")
    let board = try kaggle.run(["leaderboard", "--fetch"])
    #expect(board.status == 0, "\(board.errors)")
    #expect(board.output.contains("0.99757"))
  }

  /// The program takes the two folders without a word of warning.
  @Test func theNotebooksFoldersAreTaken() throws {
    let kaggle = try RealKaggle(in: try #require(folder).path)
    defer { kaggle.stop() }
    try Data([0x1F, 0x8B]).write(to: URL(fileURLWithPath: "\(kaggle.folder)/kaggle-digits-x.tar.gz"))
    #expect(try kaggle.run(["notebook", "--user", "x"]).status == 0)
    let dataset = try kaggle.runProgram(["datasets", "create", "-p", "kaggle/dataset"])
    #expect(dataset.status == 0, "\(dataset.output)\(dataset.errors)")
    #expect(dataset.output.contains("is being created"), "\(dataset.output)")
    let kernel = try kaggle.runProgram(["kernels", "push", "-p", "kaggle/notebook"])
    #expect(kernel.output.contains("successfully pushed"), "\(kernel.output)\(kernel.errors)")
    #expect(!"\(kernel.output)\(kernel.errors)".lowercased().contains("warning"))
    #expect(!kernel.output.contains("error"))
  }
}

/// Kaggle's program, and the server that it talks to.
private struct RealKaggle {
  /// The program; nil if this machine has none.
  static let program: String? = {
    let python = ProcessInfo.processInfo.environment["KAGGLE_DIGITS_PYTHON"]
    let beside = python.map { ($0 as NSString).deletingLastPathComponent + "/kaggle" }
    guard let path = beside.flatMap({ access($0, X_OK) == 0 ? $0 : nil }) ?? installed("kaggle"),
      installed("python3") != nil
    else { return nil }
    return (try? TestSupport.run([path, "--version"]))?.status == 0 ? path : nil
  }()

  /// Where everything is.
  let folder: String
  private let server: Process
  private let port: Int

  init(in folder: String) throws {
    self.folder = folder
    server = Process()
    server.executableURL = URL(fileURLWithPath: try #require(installed("python3")))
    server.arguments = ["\(Self.files)/kaggle_server.py", folder]
    let output = Pipe()
    server.standardOutput = output
    try startUnblocked(server)
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  private static let files = "\(repository)/Tests/EndToEnd/Kaggle"

  func stop() {
    server.terminate()
    server.waitUntilExit()
  }

  /// What goes wrong from now on.
  func scenario(_ words: String) throws { try write(words, to: "\(folder)/scenario") }

  func requests() throws -> [String] { try text("\(folder)/requests").components(separatedBy: "\n") }

  func writeArchive() throws {
    let python = try #require(installed("python3"))
    // Larger than the program's pieces of a megabyte, so that there is something to resume.
    let code = """
      import os, sys, zipfile
      with zipfile.ZipFile(sys.argv[1], "w") as archive:
          archive.writestr("padding", os.urandom(3 << 20))
          for path in sys.argv[2:]: archive.write(path, os.path.basename(path))
      """
    let tables = ["train.csv", "test.csv"].map { "\(competition)/\($0)" }
    #expect(try TestSupport.run([python, "-c", code, "\(folder)/archive.zip"] + tables).status == 0)
  }

  private func environment(port: Int, key: String?) -> [String: String?] {
    let program = (Self.program ?? "") as NSString
    return [
      "PATH": "\(program.deletingLastPathComponent):/usr/bin:/bin", "HOME": folder,
      "PYTHONPATH": "\(Self.files)/site", "KAGGLE_STAND_IN": "\(port)",
      "KAGGLE_API_ENVIRONMENT": "LOCALHOST", "KAGGLE_USERNAME": key == nil ? nil : "x", "KAGGLE_KEY": key,
      "KAGGLE_API_TOKEN": nil, "KAGGLE_CONFIG_DIR": nil, "LC_ALL": "C.UTF-8",
    ]
  }

  /// Runs the kit, with a made-up key.
  func run(_ arguments: [String], port: Int? = nil, key: String? = "y") throws -> Outcome {
    try EndToEnd.run(
      "kaggle-digits", arguments, environment: environment(port: port ?? self.port, key: key), in: folder,
      limit: 60)
  }

  /// Runs the program itself.
  func runProgram(_ arguments: [String]) throws -> Outcome {
    try TestSupport.run(
      [Self.program ?? ""] + arguments, environment: environment(port: port, key: "y"), in: folder, limit: 60)
  }
}
