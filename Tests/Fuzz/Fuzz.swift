import ArgumentParser
import Foundation
import Foundations
import Platform
import TestSupport

/// Gives malformed input to the kit's readers; `Tests/README.md` says how.
#if !LIBFUZZER  // which brings its own
  @main
#endif
struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Changes files of the corpus at random and gives them to the kit's readers.",
    discussion: """
      Found is what ends a reader's process, takes a second or 256 MiB, or is read back otherwise than it was written. \
      Ends with 1 then; the inputs are in the folder of --findings.
      """)

  @Option(help: "Seconds for each reader.")
  var seconds = 3.0

  @Option(help: "Seed of all changes.")
  var seed: UInt64 = 1

  @Option(
    parsing: .upToNextOption,
    help: "Readers: \(Target.all.map(\.name).joined(separator: ", ")). (default: all)")
  var only: [String] = []

  @Option(help: "Where inputs go that found something.")
  var findings = ".build/fuzz-findings"

  @Option(help: "A file to give to the readers of --only, in this process.")
  var input: String?

  @Option(help: .hidden)
  var child: String?

  func run() throws {
    let targets = Target.all.filter { only.isEmpty || only.contains($0.name) }
    if let input {
      for target in targets {
        print(target.name, try Trial(target, scratch: "\(input).scratch").run(Array(bytes(input))))
      }
      return
    }
    if let child, let target = targets.first { return try fuzz(target, scratch: child) }
    let start = Date()
    var found = 0
    for target in targets {
      let begun = Date()
      var round: UInt64 = 0
      // A reader that ends the process goes on in a new one.
      while case let rest = seconds - Date().timeIntervalSince(begun),
        round == 0 || (rest > 0.5 && round < 10)
      {
        found += try runChild(target, seconds: rest, seed: seed + round << 32)
        round += 1
      }
    }
    print("\(found) found in \(Int(Date().timeIntervalSince(start))) s")
    if found > 0 { throw ExitCode(1) }
  }

  /// Runs a reader in a process of its own, which may end as it likes. Returns how much was found.
  private func runChild(_ target: Target, seconds: Double, seed: UInt64) throws -> Int {
    let memory = fileExists("/dev/shm") ? "/dev/shm" : FileManager.default.temporaryDirectory.path
    let scratch = "\(memory)/kaggle-digits-fuzz-\(getpid())"
    defer { for name in ["", ".copy"] { unlink(scratch + name) } }
    let own = URL(fileURLWithPath: CommandLine.arguments[0]).path
    let outcome = try TestSupport.run(
      [Bundle.main.executablePath ?? own, "--child", scratch, "--seconds", "\(seconds)", "--seed", "\(seed)"]
        + ["--only", target.name, "--findings", findings], limit: seconds + 60)
    print(outcome.output, terminator: "")
    fflush(nil)
    if outcome.status == 0 { return 0 }
    if outcome.status == 1 && outcome.output.contains("FOUND") { return 1 }
    if let status = outcome.status, status < 128 { throw TestProblem("\(target.name): \(outcome.errors)") }
    let end =
      outcome.signal == SIGALRM
      ? "took more than \(Trial.hang) s" : "ended with signal \(outcome.signal ?? 0)"
    try keep(Array(bytes(scratch)), of: target, because: end)
    print(outcome.errors.split(separator: "\n").prefix(3).joined(separator: "\n"))
    return 1
  }

  /// Gives the corpus to a reader, then what random changes make of it, until the time is over.
  private func fuzz(_ target: Target, scratch: String) throws {
    let corpus = try Self.corpus(of: target)
    let mutator = Mutator(corpus: corpus, words: target.words.map { Array($0.utf8) })
    let trial = try Trial(target, scratch: scratch)
    let start = Date()
    var (runs, accepted, found) = (0, 0, 0)
    var reasons: Set<String> = []
    while runs < corpus.count || Date().timeIntervalSince(start) < seconds {
      var stream = RandomStream(Philox(seed: seed), .sample, epoch: runs)
      let bytes = runs < corpus.count ? corpus[runs] : mutator.input(&stream)
      runs += 1
      switch trial.run(bytes) {
      case .accepted: accepted += 1
      case .refused: break
      case .found(let reason):
        found += 1
        if reasons.insert(reason).inserted { try keep(bytes, of: target, because: reason) }
      }
    }
    let name = target.name.padding(toLength: 20, withPad: " ", startingAt: 0)
    let longest = Int(trial.longest * 1000)
    print(
      "\(name)\(runs) runs, \(accepted) accepted, longest \(longest) ms, largest \(trial.largest >> 20) MiB")
    if found > 0 { throw ExitCode(1) }
  }

  private func keep(_ bytes: [UInt8], of target: Target, because reason: String) throws {
    var hash = SHA256()
    hash.update(bytes)
    let path = "\(findings)/\(target.name)-\(SHA256.hexadecimal(of: hash.finalize()).prefix(8))"
    try makeFolders(findings)
    try WholeFile.write(bytes, to: path, replacing: true)
    print("FOUND \(target.name) \(reason): \(path)")
  }

  /// The committed inputs of a reader.
  static func corpus(of target: Target) throws -> [[UInt8]] {
    let folder = "\(repository)/Tests/Fuzz/Corpus/\(target.name)"
    let inputs = try folderEntries(folder).map { Array(try bytes("\(folder)/\($0)")) }
    guard !inputs.isEmpty else { throw TestProblem("\(folder) is empty") }
    return inputs
  }
}
