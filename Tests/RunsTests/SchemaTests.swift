import Augmentation
import Competition
import Foundations
import NeuralNetworks
import Testing
@testable import Runs

/// Every option of the schema does all that an option does.
@Suite struct SchemaTests {
  /// Values that each option takes, as they are typed, and values that it refuses.
  static let values: [String: (good: [String], bad: [String])] = [
    "recipe": (["fast", "balanced", "best"], ["slow", ""]),
    "network": (["deotte", "lenet5,8C3-16N,deotte"], ["", "8N,", "32C3-Q7"]),
    "epochs": (["100", "99999"], ["0", "100001", "many", "1.5"]),
    "batch": (["1", "65536"], ["0", "-1", "65537"]),
    "learning-rate": (["1e-9", "0.30000000000000004"], ["0", "-1", "nan", "inf", "100.1", "fast"]),
    "schedule": (["constant", "step", "cosine", "one-cycle"], ["linear"]),
    "optimizer": (["adam", "adamw", "sgd"], ["lion"]),
    "weight-decay": (["0", "0.5"], ["-1", "nan", "inf"]),
    "initialization": (["glorot", "he"], ["zero"]),
    "validation": (["0", "0.999"], ["1", "-0.1", "nan"]),
    "seed": (["0", "18446744073709551615"], ["-1", "18446744073709551616"]),
    "members": (["2", "1000"], ["0", "1001"]),
    "limit": (["1", "9223372036854775807"], ["0", "-9223372036854775808"]),
    "prepare": (["none", "spread,none,deskew"], ["", "none,sideways", "none,"]),
    "shift": (["0", "1e-9", "1"], ["1.1", "-0.1", "nan"]), "rotate": (["0", "180"], ["181", "-1"]),
    "zoom": (["0", "0.5"], ["1", "nan"]), "shear": (["5", "89.9"], ["90", "-1"]),
    "elastic": (["0", "28"], ["-1", "28.1"]), "erase": (["0.1", "1"], ["1.1", "-0.1"]),
    "plain-epochs": (["0", "2"], ["-1", "100001"]), "skip-learnt": (["0", "0.95"], ["1", "-0.1"]),
    "label-smoothing": (["0", "0.05"], ["1", "-0.1"]),
    "select": (["best", "last"], ["first"]), "ema": (["0.999", "1e-9"], ["0", "1", "nan"]),
    "average-checkpoints": (["2", "12"], ["1", "-1"]), "folds": (["2", "10000"], ["1", "10001"]),
    "repeats": (["1", "1000"], ["0", "1001"]), "fold": (["1", "5"], ["0"]),
    "classes": (["2", "26", "64"], ["1", "65", "digits"]),
  ]

  /// The defaults that an option is put over: repeats and a fold need folds.
  private func base(of option: ConfigurationOption) -> Configuration {
    ["folds", "repeats", "fold"].contains(option.name) ? .crossValidation : Configuration()
  }

  @Test func everyOptionIsTriedAndHasHelpAndADescription() throws {
    #expect(Set(Configuration.schema.map(\.name)) == Set(Self.values.keys))
    #expect(Set(Configuration.schema.map(\.name)).count == Configuration.schema.count)
    for option in Configuration.schema {
      let values = try #require(Self.values[option.name])
      #expect(option.help.contains(".") && option.help.count > 20, "\(option.name)")
      #expect(!option.valueName.isEmpty && !option.valueName.contains(" "))
      let described = try values.good.contains { text in
        var configuration = base(of: option)
        configuration.optimizer = .adamw
        try option.parse(&configuration, text)
        return option.words(configuration)?.isEmpty == false
      }
      #expect(described, "\(option.name) says nothing")
    }
  }

  @Test(arguments: values.keys.sorted()) func isReadFromTextAndJSON(name: String) throws {
    let option = try #require(Configuration.schema.first { $0.name == name })
    for text in try #require(Self.values[name]).good {
      var typed = base(of: option)
      try option.parse(&typed, text)
      try option.check(typed)
      #expect(option.text(typed).flatMap(Double.init) == Double(text))
      if Double(text) == nil { #expect(option.text(typed) == text) }
      var read = base(of: option)
      let json = JSON.object([("value", option.json(typed))]).serialized(pretty: false)
      let value = try #require(try JSON.parse(Array(json.utf8), from: "text")["value"])
      #expect(option.assign(&read, value))
      #expect(read == typed && read.recipe == typed.recipe)
    }
  }

  @Test(arguments: values.keys.sorted()) func refusesByItsName(name: String) throws {
    let option = try #require(Configuration.schema.first { $0.name == name })
    for text in try #require(Self.values[name]).bad {
      var configuration = base(of: option)
      let error = #expect(throws: KitError.self) {
        try configuration.apply([name: text])
        try configuration.validate()
      }
      #expect(error?.kind == .usage)
      let message = error?.message ?? ""
      // A network's notation has messages of its own, which point at the error.
      let isOwn = name == "network" && message.contains("network")
      #expect(isOwn || message.hasPrefix("--\(name) is ") && message.contains("; it must be "), "\(message)")
    }
  }

  @Test func messagesSayWhatIsPossible() {
    for (name, text, message) in [
      ("epochs", "0", "--epochs is 0; it must be between 1 and 100000"),
      ("epochs", "many", "--epochs is 'many'; it must be a whole number between 1 and 100000"),
      ("limit", "0", "--limit is 0; it must be at least 1"),
      ("limit", "x", "--limit is 'x'; it must be a whole number, at least 1"),
      ("zoom", "1", "--zoom is 1; it must be at least 0 and below 1"),
      ("learning-rate", "0", "--learning-rate is 0; it must be above 0 and at most 100"),
      ("rotate", "x", "--rotate is 'x'; it must be a number between 0 and 180"),
      ("optimizer", "lion", "--optimizer is 'lion'; it must be adam, adamw or sgd"),
      ("prepare", "", "--prepare is ''; it must be none, deskew or spread, or several joined by commas"),
    ] {
      let error = #expect(throws: KitError.self) {
        var configuration = Configuration()
        try configuration.apply([name: text])
        try configuration.validate()
      }
      #expect(error?.message == message)
    }
  }

  /// A property that no option sets would not be stored with a run.
  @Test func everyPropertyHasAnOption() throws {
    func properties(_ configuration: Configuration) -> [String: String] {
      var result: [String: String] = [:]
      for child in Mirror(reflecting: configuration).children {
        result[child.label ?? ""] = "\(child.value)"
      }
      for child in Mirror(reflecting: configuration.augmentation).children {
        result["augmentation.\(child.label ?? "")"] = "\(child.value)"
      }
      return result
    }
    var covered: Set<String> = []
    for option in Configuration.schema {
      let before = base(of: option)
      for text in try #require(Self.values[option.name]).good {
        var after = before
        try option.parse(&after, text)
        let (old, new) = (properties(before), properties(after))
        covered.formUnion(new.filter { old[$0.key] != $0.value }.keys)
      }
    }
    #expect(covered == Set(properties(Configuration()).keys))
  }

  @Test func rulesBetweenOptions() throws {
    for (given, message) in [
      (
        ["optimizer": "adamw", "weight-decay": "4", "learning-rate": "0.25"],
        "--weight-decay is 4; with adamw"
      ),
      (["epochs": "3", "plain-epochs": "4"], "--plain-epochs is 4; it must be at most --epochs, 3"),
      (
        ["epochs": "3", "average-checkpoints": "4"],
        "--average-checkpoints is 4; it must be at most --epochs, 3"
      ),
      (["folds": "2", "fold": "3", "validation": "0"], "fold 3 is out of range (1 to 2)"),
      (["folds": "2", "validation": "0.2"], "--validation and --select best go together"),
      (["folds": "2", "validation": "0", "select": "best"], "--validation and --select best go together"),
    ] {
      var configuration = Configuration()
      try configuration.apply(given)
      let error = #expect(throws: KitError.self) { try configuration.validate() }
      #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }
  }

  @Test func aTrainingInWords() {
    var configuration = Configuration()
    #expect(configuration.recipeText == "fast")
    #expect(
      configuration.text(of: .optimization)
        == "12 epochs, batch 128, learning rate 0.003, one-cycle schedule, adam, "
        + "rows learnt to 0.99 skipped at times")
    #expect(
      configuration.text(of: .augmentation)
        == "shifted by up to 0.05 of the side, rotated by up to 10°, scaled by up to ±0.1, "
        + "distorted elastically by 0.7 pixels, not augmented in the last epoch")
    configuration = Recipe.balanced.applied(to: .crossValidation)
    configuration.epochs = 1
    configuration.averaging = .lastEpochs(3)
    configuration.augmentation = .none
    #expect(
      configuration.recipeText
        == "balanced with --epochs 1 --shift 0 --rotate 0 --zoom 0 --elastic 0 --average-checkpoints 3")
    #expect(configuration.text(of: .preprocessing) == "none, deskew, spread in turn")
    #expect(configuration.text(of: .augmentation) == "no augmentation")
    #expect(
      configuration.facts.map(\.name) == [
        "recipe", "initialization", "seed", "members", "optimization", "rows and validation", "preprocessing",
        "augmentation of training images", "folds",
      ])
    #expect(ImageAugmentation.none.descriptions.isEmpty)
    #expect(ImageAugmentation.standard.descriptions.count == 4)
  }
}
