import Competition
import Foundations
import NeuralNetworks

extension Configuration {
  /// What `cross-validate` computes if no option is given: all rows of the other folds train, and nothing is chosen.
  public static var crossValidation: Configuration {
    var base = Configuration()
    base.folds = Folds(count: 5, repeats: 1)
    base.validation = 0
    return base
  }

  /// The options that make a command compute this, those that differ from its defaults.
  public func options(for command: String) -> [String] {
    let base = command == "cross-validate" ? Configuration.crossValidation : Configuration()
    let candidates = Recipe.allCases.map { recipe in
      (recipe == .fast ? [] : ["--recipe", recipe.rawValue]) + options(over: recipe.applied(to: base))
    }
    return candidates.min { $0.count < $1.count } ?? []
  }

  /// The options that are not as in another configuration.
  func options(over base: Configuration) -> [String] {
    zip(fields, base.fields).flatMap { mine, theirs -> [String] in
      var value = mine.value.string ?? mine.value.serialized(pretty: false)
      let isSame = value == (theirs.value.string ?? theirs.value.serialized(pretty: false))
      if mine.key == "network" { value = networks.map(NamedNetwork.name(of:)).joined(separator: ",") }
      return isSame || mine.key == "fold" || value == "null" ? [] : ["--\(mine.key)", quoted(value)]
    }
  }

  /// Refuses options that differ from a run's (`usage`).
  public func requireAgreement(with saved: Configuration, of run: String) throws(KitError) {
    for (mine, theirs) in zip(fields, saved.fields)
    where mine.value.serialized(pretty: false) != theirs.value.serialized(pretty: false) {
      throw KitError(
        .usage,
        "--\(mine.key) \(mine.value.serialized(pretty: false)) differs from \(run)'s "
          + "\(theirs.value.serialized(pretty: false)); --resume takes everything from the run but --threads, "
          + "--epochs and --data")
    }
  }
}

extension Recipe {
  /// All of them for help: the name, what it is for, and its options.
  public static var help: String {
    allCases.map { recipe in
      let options = recipe.configuration.options(over: Configuration())
      return "  \(recipe): \(recipe.purpose)\n"
        + (options.isEmpty ? "    the defaults below" : lines(of: options))
    }.joined(separator: "\n")
  }

  /// Options and their values, indented, in lines of help's width.
  private static func lines(of options: [String]) -> String {
    var lines = ["   "]
    for start in stride(from: 0, to: options.count, by: 2) {
      let option = options[start..<min(start + 2, options.count)].joined(separator: " ")
      if lines[lines.count - 1].count + 1 + option.count > 79 { lines.append("   ") }
      lines[lines.count - 1] += " " + option
    }
    return lines.joined(separator: "\n")
  }

  private var purpose: String {
    switch self {
    case .fast: "one network, about a minute on two cores"
    case .balanced: "an ensemble of nine, less than ten minutes"
    case .best: "an ensemble of twelve, about half an hour"
    }
  }
}
