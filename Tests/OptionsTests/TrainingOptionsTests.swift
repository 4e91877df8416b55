import Augmentation
import Competition
import Foundations
import NeuralNetworks
import Options
import Runs
import Testing

/// The command line takes the schema's options.
@Suite struct TrainingOptionsTests {
  /// A random configuration that is possible, with or without folds.
  private func random(_ stream: inout RandomStream, folds: Bool) throws -> Configuration {
    func isChosen() -> Bool { stream.below(2) == 0 }
    func pick<Value>(_ values: [Value]) -> Value { values[stream.below(values.count)] }
    var result = folds ? Configuration.crossValidation : Configuration()
    if isChosen() { result = pick(Recipe.allCases).applied(to: result) }
    if isChosen() { result.networks = pick([["8N"], [NamedNetwork.deotte.notation, "4C5S3p-P2-8N"]]) }
    if isChosen() { result.epochs = 30 + stream.below(1000) }
    if isChosen() { result.batch = 1 + stream.below(65536) }
    if isChosen() { result.learningRate = stream.uniform(1e-9, 1) }
    if isChosen() { result.schedule = pick(Schedule.allCases) }
    if isChosen() { result.optimizer = pick(Optimizer.allCases) }
    if isChosen() { result.weightDecay = stream.uniform() }
    if isChosen() { result.initialization = pick(Initialization.allCases) }
    if isChosen() { result.seed = stream.next64() }
    if isChosen() { result.members = 1 + stream.below(1000) }
    if isChosen() { result.limit = 1 + stream.below(42000) }
    if isChosen() { result.preprocessings = [pick(Preprocessing.allCases), pick(Preprocessing.allCases)] }
    if isChosen() { result.augmentation.shift = stream.uniform() }
    if isChosen() { result.augmentation.rotation = stream.uniform(0, 180) }
    if isChosen() { result.augmentation.zoom = stream.uniform() }
    if isChosen() { result.augmentation.shear = stream.uniform(0, 90) }
    if isChosen() { result.augmentation.elastic = stream.uniform(0, 28) }
    if isChosen() { result.augmentation.erase = stream.uniform() }
    if isChosen() { result.plainEpochs = stream.below(12) }
    if isChosen() { result.labelSmoothing = stream.uniform() }
    result.averaging = pick([
      .none, .exponential(decay: stream.uniform(1e-6, 1)), .lastEpochs(2 + stream.below(10)),
    ])
    if isChosen() {
      result.select = .best
      result.validation = stream.uniform(1e-6, 1)
    }
    if folds { result.folds = Folds(count: 2 + stream.below(9), repeats: 1 + stream.below(3)) }
    try result.validate()
    return result
  }

  /// "The same bytes again": the options that a report shows make the same configuration.
  @Test(arguments: ["train", "cross-validate"]) func theSameConfigurationAgain(command: String) throws {
    var stream = RandomStream(Philox(seed: 4), .sample)
    let isFolded = command == "cross-validate"
    for round in 0..<200 {
      let wanted = try random(&stream, folds: isFolded)
      let words = wanted.options(for: command)
      var given: [String: String] = [:]
      for start in stride(from: 0, to: words.count, by: 2) {
        given[String(words[start].dropFirst(2))] = words[start + 1]
      }
      let base = isFolded ? Configuration.crossValidation : Configuration()
      var result = base
      try result.apply(given)
      #expect(result == wanted && result.recipe == wanted.recipe, "\(words)")
      // In debug builds ArgumentParser takes a tenth of a second.
      if round >= 6 { continue }
      let folds = ["--folds", "--repeats"]
      let pairs = stride(from: 0, to: words.count, by: 2).map { Array(words[$0...$0 + 1]) }
      let options = try TrainingOptions.parse(pairs.filter { !folds.contains($0[0]) }.flatMap { $0 })
      let own = try FoldOptions.parse(pairs.filter { folds.contains($0[0]) }.flatMap { $0 })
      let parsed = try own.configuration(over: options.configuration(over: base))
      #expect(parsed == wanted && parsed.recipe == wanted.recipe, "\(words)")
    }
  }

  @Test func nothingGivenIsTheDefault() throws {
    #expect(try TrainingOptions.parse([]).configuration(over: Configuration()) == Configuration())
    #expect(try TrainingOptions.parse([]).given.isEmpty)
    #expect(try TrainingOptions.parse([]).epochs == nil)
    #expect(try TrainingOptions.parse(["--epochs", "3"]).epochs == 3)
  }

  /// A recipe comes first, wherever it is on the command line.
  @Test func optionsOverrideTheRecipe() throws {
    let options = try TrainingOptions.parse([
      "--epochs", "3", "--seed", "7", "--recipe", "best", "--no-augment",
    ])
    let result = try options.configuration(over: Configuration())
    var expected = Recipe.best.configuration
    expected.epochs = 3
    expected.seed = 7
    expected.augmentation = .none
    #expect(result == expected && result.recipe == .best)
  }

  /// Each option is in help under its group's title, with its sentence and the default that it has.
  @Test func helpShowsEveryOption() throws {
    let text = TrainingOptions.helpMessage(columns: 1000) + FoldOptions.helpMessage(columns: 1000)
    let help = text.split(separator: "\n").map { String($0.trimmingPrefix { $0 == " " }) }
    for option in Configuration.schema {
      guard let group = option.group else {
        #expect(!help.contains { $0.hasPrefix("--\(option.name) ") })
        continue
      }
      let label = "--\(option.name) <\(option.valueName)>"
      let line = try #require(help.firstIndex { $0.hasPrefix(label) }, "\(label)")
      let shown = help[line] == label ? help[line + 1] : String(help[line].dropFirst(label.count))
      #expect(shown.trimmingPrefix { $0 == " " } == option.help)
      let words = option.help.components(separatedBy: "(default: ")
      let fields = group.defaults.fields
      let value = try #require(fields.first { $0.key == option.name }).value
      if case .null = value {
        #expect(words.count == 1)
      } else {
        let word = try #require(words.last?.dropLast())
        var configuration = group.defaults
        try configuration.apply([option.name: String(word)])
        #expect(configuration == group.defaults, "\(option.help)")
      }
      if group != .folds { #expect(help.contains { $0 == "\(group.title.uppercased()):" }) }
    }
  }

  @Test func optionsThatExcludeEachOther() {
    for words in [
      ["--ema", "0.9", "--average-checkpoints", "2"], ["--no-augment", "--zoom", "0.1"], ["--epochs", "0"],
      ["--epochs"], ["--optimizer", "lion"],
    ] {
      #expect(throws: (any Error).self) { try TrainingOptions.parse(words) }
    }
    #expect(throws: Never.self) { try TrainingOptions.parse(["--no-augment", "--zoom", "0"]) }
    #expect(throws: KitError.self) { try FoldOptions.parse(["--only-folds", "1,x"]).chosen() }
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [Substring] {
    var (parts, rest): ([Substring], Substring) = ([], self[...])
    while let range = rest.firstRange(of: separator) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts + [rest]
  }
}
