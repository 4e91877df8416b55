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
      Measures the processor's limit (the most fused multiply-adds per second), then how fast the engine trains networks \
      and predicts with them, on synthetic digits. Needs no data and writes no files.

      images/s    Median of the repeats, with minimum and maximum. Training is forward, backward and an Adam step, without \
      augmentation.
      GFLOP/s     Operations counted as for direct convolution, whatever the kernels do: two for each multiply-add forward; \
      training adds the same number for the weights' gradient and, after the first layer with parameters, for the input's.
      share       Share of the limit with the same instruction set and number of threads.
      scaling     Factor over one thread; the limit's scaling is what the machine allows.
      memory      Memory for training: weights, gradients, optimizer and activations, without the images.

      'kaggle-digits train --help' explains the architecture notation.
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Networks to measure, by name or architecture notation. (default: \(NamedNetwork.all.map(\.name).joined(separator: ", ")))",
      valueName: "network"))
  var network: [String] = []

  @Option(
    help: ArgumentHelp("Images in a training step. (default: 64 for deotte, else 128)", valueName: "count"))
  var batch: Int?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Numbers of threads to measure. (default: from 1 to as many as the process may use; if these are more than four, \
      powers of two and the last one)
      """, valueName: "count"))
  var threads: [Int] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Instruction sets to measure. (default: all of this processor's, \
      \(InstructionSets.available.map(\.name).joined(separator: " and ")), or that in $KAGGLE_DIGITS_ISA)
      """, valueName: "name"))
  var instructionSet: [String] = []

  @Flag(help: "Also show the time for each layer, forward and backward.")
  var layers = false

  @Flag(help: "Also train one member on each thread, in parallel.")
  var members = false

  @Option(help: ArgumentHelp("Number of repeats of each measurement.", valueName: "count"))
  var repeats = 5

  @Option(help: ArgumentHelp("Approximate duration of a measurement.", valueName: "seconds"))
  var seconds = 0.3

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(help: "Don't show progress.")
  var quiet = false

  func validate() throws {
    try requireRange("--repeats", repeats, 1...1000)
    try requireRange("--batch", batch ?? 1, 1...65_536)
    for count in threads { try requireRange("--threads", count, 1...1024) }
    guard seconds > 0, seconds <= 60 else {
      throw ValidationError("--seconds is \(seconds); it must be above 0 and at most 60")
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
    let progress = MeasurementProgress(total: settings * (1 + subjects.count * repeats), quiet: quiet)

    let limits = try sets.flatMap { try measureLimits(of: $0, progress) }
    show(ResultTable.heading(limits, repeats: repeats, seconds: seconds), progress)
    let digits = Digits(count: 512)
    var results: [SettingResult] = []
    for subject in subjects {
      show(subject.title, progress)
      for set in sets { results += try measure(subject, set, limits, digits, progress) }
    }
    progress.finish()
    if json { printJSON(resultJSON(limits, results)) }
  }

  private func measureLimits(of set: any InstructionSet, _ progress: MeasurementProgress) throws -> [Limit] {
    let limits = try threadCounts.map { count in
      try progress.begin("limit, \(set.name), \(threadsText(count))")
      return Limit(kernels: set, threads: count, seconds: 2 * seconds)
    }
    for limit in limits where limit.isCramped(in: limits) {
      note(
        "the limit of \(set.name) on \(limit.threads) threads is far below \(limit.threads) times that of one thread: "
          + "other work on this machine, or threads that share a core")
    }
    return limits
  }

  /// Measures a network with an instruction set on each number of threads, and prints the results.
  private func measure(
    _ subject: Subject, _ set: any InstructionSet, _ limits: [Limit], _ digits: Digits,
    _ progress: MeasurementProgress
  ) throws -> [SettingResult] {
    var results: [SettingResult] = []
    for count in threadCounts {
      let measurement = Measurement(
        of: subject, kernels: set, threads: count, members: members, layers: layers, digits: digits)
      for _ in 0..<repeats {
        try progress.begin("\(subject.name), \(set.name), \(threadsText(count))")
        measurement.repeatOnce(seconds: seconds)
      }
      let limit = limits.first { $0.set == set.name && $0.threads == count }
      let result = SettingResult(
        measurement, limit: limit?.gigaflops ?? .nan, single: results.first { $0.threads == 1 })
      show(ResultTable.rows(result), progress)
      results.append(result)
    }
    return results
  }

  /// Prints a part of the table as soon as it is measured; JSON is printed as a whole at the end.
  private func show(_ text: String, _ progress: MeasurementProgress) {
    if json { return }
    progress.finish()
    printTable(text)
    fflush(nil)
  }

  private func subjects() throws(KitError) -> [Subject] {
    let names = network.isEmpty ? NamedNetwork.all.map(\.name) : network
    return try names.map { name throws(KitError) in try Subject(name, batch: batch) }
  }

  /// The instruction sets of the option; by default all, or the one in `$KAGGLE_DIGITS_ISA`.
  private func instructionSets() throws -> [any InstructionSet] {
    let best = try InstructionSets.detected()
    if instructionSet.isEmpty {
      return getenv("KAGGLE_DIGITS_ISA") == nil ? InstructionSets.available : [best]
    }
    return try instructionSet.map { name in
      if let set = InstructionSets.available.first(where: { $0.name == name }) { return set }
      let names = InstructionSets.available.map(\.name).joined(separator: ", ")
      throw ValidationError("--instruction-set is '\(name)'; this processor has \(names)")
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
      "\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
  }
}

/// `1 thread`, `2 threads`.
func threadsText(_ count: Int) -> String { count == 1 ? "1 thread" : "\(count) threads" }
