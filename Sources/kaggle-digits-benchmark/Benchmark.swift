import ArgumentParser
import Compute
import Foundations
import NeuralNetworks
import Platform
import Terminal

@main
struct Benchmark: Command {
  static let configuration = CommandConfiguration.command(
    "benchmark",
    discussion: """
      Measures the limit, the most fused multiply-adds that the processor does, then how fast the engine trains \
      networks and predicts with them, on digits that it draws: no data is needed, nothing is written.

      images/s    the median of the repeats, with the least and the most. Training is forward, backward and \
      Adam's step; images are not augmented.
      GFLOP/s     as many operations as direct convolutions take, whatever the kernels do: two for a multiply-add, \
      once forward; in training once more for the weights' gradient and, behind the first layer with parameters, \
      once more for the input's.
      share       of the limit with the same instruction set on as many threads.
      scaling     over one thread's figure; that of the limit is what the machine allows.
      memory      what training works in: weights, gradients, optimizer, activations; not the images.

      'kaggle-digits train --help' explains the networks' notation.
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Networks to measure, by name or notation. (default: \(NamedNetwork.all.map(\.name).joined(separator: ", ")))",
      valueName: "network"))
  var network: [String] = []

  @Option(help: ArgumentHelp("Images a step. (default: 64 for deotte, else 128)", valueName: "count"))
  var batch: Int?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Numbers of threads to measure. (default: from 1 to as many as the process may use; of more than four, the \
      powers of two and the last)
      """, valueName: "count"))
  var threads: [Int] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Instruction sets to measure. (default: all that the processor has, \
      \(InstructionSets.available.map(\.name).joined(separator: " and ")); $KAGGLE_DIGITS_ISA forces one)
      """, valueName: "name"))
  var instructionSet: [String] = []

  @Flag(help: "Show the time by layer and direction.")
  var layers = false

  @Flag(help: "Also train as many members at once as there are threads, one on each.")
  var members = false

  @Option(help: ArgumentHelp("How often each measurement is repeated.", valueName: "count"))
  var repeats = 5

  @Option(help: ArgumentHelp("How long a measurement takes, about.", valueName: "seconds"))
  var seconds = 0.3

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    try requireRange("--repeats", repeats, 1...1000)
    try requireRange("--batch", batch ?? 1, 1...65_536)
    for count in threads { try requireRange("--threads", count, 1...1024) }
    guard seconds > 0, seconds <= 60 else {
      throw ValidationError("--seconds is \(seconds); above 0, up to 60 is possible")
    }
    _ = try subjects()
    _ = try instructionSets()
  }

  func run() throws {
    Interruption.install()
    let (subjects, sets) = (try subjects(), try instructionSets())
    let most = threadCounts.max() ?? 1
    for subject in subjects { try subject.requireMemory(threads: most, members: members ? most : 1) }
    let settings = sets.count * threadCounts.count
    let progress = Progress(total: settings * (1 + subjects.count * repeats), quiet: quiet)

    let limits = try sets.flatMap { try measureLimits(of: $0, progress) }
    show(Table.heading(limits, repeats: repeats, seconds: seconds), progress)
    let digits = Digits(count: 512)
    var results: [Result] = []
    for subject in subjects {
      show(subject.title, progress)
      for set in sets { results += try measure(subject, set, limits, digits, progress) }
    }
    progress.finish()
    if json { printJSON(report(limits, results)) }
  }

  private func measureLimits(of set: InstructionSet, _ progress: Progress) throws -> [Limit] {
    let limits = try threadCounts.map { count in
      try progress.begin("limit, \(set.name), \(threadsText(count))")
      return Limit(kernels: set, threads: count, seconds: 2 * seconds)
    }
    for limit in limits where limit.isCramped(in: limits) {
      note(
        "the limit of \(set.name) on \(limit.threads) threads is far from \(limit.threads) times one's: other work on "
          + "this machine, or threads that share a core")
    }
    return limits
  }

  /// Measures a network with an instruction set on each number of threads, and shows what comes of it.
  private func measure(
    _ subject: Subject, _ set: InstructionSet, _ limits: [Limit], _ digits: Digits, _ progress: Progress
  ) throws -> [Result] {
    var results: [Result] = []
    for count in threadCounts {
      let measurement = Measurement(
        of: subject, kernels: set, threads: count, members: members, layers: layers, digits: digits)
      for _ in 0..<repeats {
        try progress.begin("\(subject.name), \(set.name), \(threadsText(count))")
        measurement.repeatOnce(seconds: seconds)
      }
      let limit = limits.first { $0.set == set.name && $0.threads == count }
      let result = Result(
        measurement, limit: limit?.gigaflops ?? .nan, single: results.first { $0.threads == 1 })
      show(Table.rows(result), progress)
      results.append(result)
    }
    return results
  }

  /// Prints a part of the table as soon as it is there; JSON comes in one piece.
  private func show(_ text: String, _ progress: Progress) {
    if json { return }
    progress.finish()
    print(text)
    fflush(nil)
  }

  private func subjects() throws(KitError) -> [Subject] {
    let names = network.isEmpty ? NamedNetwork.all.map(\.name) : network
    return try names.map { name throws(KitError) in try Subject(name, batch: batch) }
  }

  /// The sets that were asked for; by default all, or the one that `$KAGGLE_DIGITS_ISA` names.
  private func instructionSets() throws -> [InstructionSet] {
    let best = try InstructionSets.detected()
    if instructionSet.isEmpty {
      return getenv("KAGGLE_DIGITS_ISA") == nil ? InstructionSets.available : [best]
    }
    return try instructionSet.map { name in
      if let set = InstructionSets.available.first(where: { $0.name == name }) { return set }
      let names = InstructionSets.available.map(\.name).joined(separator: ", ")
      throw ValidationError("--instruction-set is '\(name)'; this processor has: \(names)")
    }
  }

  private var threadCounts: [Int] {
    if !threads.isEmpty { return threads }
    let available = ThreadPool.available
    if available <= 4 { return Array(1...available) }
    return sequence(first: 1) { 2 * $0 < available ? 2 * $0 : nil } + [available]
  }

  private func requireRange(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
    if range.contains(value) { return }
    throw ValidationError(
      "\(name) is \(value); from \(range.lowerBound) to \(range.upperBound) are possible")
  }
}

/// `1 thread`, `2 threads`.
func threadsText(_ count: Int) -> String { count == 1 ? "1 thread" : "\(count) threads" }
