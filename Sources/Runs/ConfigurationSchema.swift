import Augmentation
import Competition
import Foundations
import NeuralNetworks

extension Configuration {
  /// All options of training, in the order of `configuration.json`.
  ///
  /// To add one: give `Configuration` (or `ImageAugmentation`) a property, declare it here, and use it. Older files do not
  /// have it: `absent` is the value that they were trained with.
  public static let schema: [ConfigurationOption] = [
    ConfigurationOption(
      "recipe", \.appliedRecipe, .choice, .networks, "name",
      "Start from a recipe, see above.",
      isKeptByRecipes: true, absent: .string(Recipe.fast.rawValue)
    ) { $0.recipeText },
    ConfigurationOption(
      "network", \.networks, .networks, .networks, "networks",
      "Name or notation, see above; members take turns through a list such as compact,deotte."
    ) { $0.networks.map(NamedNetwork.name(of:)).joined(separator: ", ") },
    ConfigurationOption(
      "epochs", \.epochs, .integer(1...100_000), .optimization, "count", "Passes over the training rows."
    ) { "\($0.epochs) \($0.epochs == 1 ? "epoch" : "epochs")" },
    ConfigurationOption(
      "batch", \.batch, .integer(1...65_536), .optimization, "images", "Images per step."
    ) { "batch \($0.batch)" },
    ConfigurationOption(
      "learning-rate", \.learningRate, .number(above: 0, to: 100), .optimization, "rate",
      "Learning rate before the schedule."
    ) { "learning rate \($0.learningRate)" },
    ConfigurationOption(
      "schedule", \.schedule, .choice, .optimization, "name",
      "constant, step (times 0.95 per epoch), cosine, or one-cycle."
    ) { "\($0.schedule.rawValue) schedule" },
    ConfigurationOption(
      "optimizer", \.optimizer, .choice, .optimization, "name",
      "adam, adamw, or sgd with Nesterov momentum 0.9."
    ) { $0.optimizer.rawValue },
    ConfigurationOption(
      "weight-decay", \.weightDecay, .number(from: 0), .optimization, "rate", "Weight decay of adamw."
    ) { $0.optimizer == .adamw ? "weight decay \($0.weightDecay)" : nil },
    ConfigurationOption(
      "initialization", \.initialization, .choice, .networks, "name", "Initial weights: glorot or he."
    ) { $0.initialization.rawValue },
    ConfigurationOption(
      "validation", \.validation, .number(from: 0, below: 1), .rows, "share",
      "Share of rows held out for validation; in cross-validate only with --select best.",
      isKeptByRecipes: true
    ) {
      if $0.validation == 0 { return $0.folds == nil ? "no validation rows" : nil }
      return "\($0.validation) of \($0.folds == nil ? "the" : "each fold's training") rows for validation"
    },
    ConfigurationOption(
      "seed", \.seed, .seed, .networks, "number", "Seed of every random draw.", isKeptByRecipes: true
    ) { "\($0.seed)" },
    ConfigurationOption(
      "members", \.members, .integer(1...1000), .networks, "count",
      "Networks to train as an ensemble."
    ) { "\($0.members)" },
    ConfigurationOption(
      "limit", \.limit, .optional(.integer(1...Int.max)), .rows, "rows",
      "Use at most this many rows, stratified by digit.", isKeptByRecipes: true
    ) { $0.limit.map { "at most \(grouped($0)) rows" } },
    ConfigurationOption(
      "prepare", \.preprocessings, .choices(), .preprocessing, "names",
      """
      Preprocessing of every image: none, deskew, or spread (deskew to equal widths); members take turns through a list \
      such as none,spread.
      """
    ) { configuration in
      let names = configuration.preprocessings.map(\.rawValue)
      if configuration.preprocessings == [.none] { return "no preprocessing" }
      return names.joined(separator: ", ") + (names.count > 1 ? " in turn" : "")
    },
    ConfigurationOption(
      "shift", \.augmentation.shift, .number(from: 0, to: 1), .augmentation, "share",
      "Shift by up to this share of the side.", isAugmentation: true
    ) { say($0.augmentation.shift) { "shifted by up to \($0) of the side" } },
    ConfigurationOption(
      "rotate", \.augmentation.rotation, .number(from: 0, to: 180), .augmentation, "degrees",
      "Rotate by up to this many degrees.", isAugmentation: true
    ) { say($0.augmentation.rotation) { "rotated by up to \($0)°" } },
    ConfigurationOption(
      "zoom", \.augmentation.zoom, .number(from: 0, below: 1), .augmentation, "share",
      "Scale each axis by up to this share.", isAugmentation: true
    ) { say($0.augmentation.zoom) { "scaled by up to ±\($0)" } },
    ConfigurationOption(
      "shear", \.augmentation.shear, .number(from: 0, below: 90), .augmentation, "degrees",
      "Shear by up to this many degrees.", isAugmentation: true
    ) { say($0.augmentation.shear) { "sheared by up to \($0)°" } },
    ConfigurationOption(
      "elastic", \.augmentation.elastic, .number(from: 0, to: 28), .augmentation, "pixels",
      "Distort by about this many pixels.", isAugmentation: true
    ) { say($0.augmentation.elastic) { "distorted elastically by \($0) pixels" } },
    ConfigurationOption(
      "erase", \.augmentation.erase, .number(from: 0, to: 1), .augmentation, "share",
      "Erase a rectangle in this share of images.", isAugmentation: true
    ) { say($0.augmentation.erase) { "a rectangle erased from \($0) of them" } },
    ConfigurationOption(
      "plain-epochs", \.plainEpochs, .integer(0...100_000), .augmentation, "count",
      "Do not augment in the last N epochs."
    ) {
      if $0.augmentation == .none { return "no augmentation" }
      if $0.plainEpochs == 0 { return nil }
      return "not augmented in the last \($0.plainEpochs == 1 ? "epoch" : "\($0.plainEpochs) epochs")"
    },
    ConfigurationOption(
      "skip-learnt", \.skipLearnt, .number(from: 0, below: 1), .optimization, "probability",
      """
      Visit rows whose label had this probability in every third epoch only, but for the first quarter of the epochs and \
      the last two; 0 visits all rows always.
      """, absent: .number(0)
    ) { say($0.skipLearnt) { "rows learnt to \($0) skipped at times" } },
    ConfigurationOption(
      "label-smoothing", \.labelSmoothing, .number(from: 0, below: 1), .optimization, "share",
      "Spread this share of each label over all digits."
    ) { say($0.labelSmoothing) { "label smoothing \($0)" } },
    ConfigurationOption(
      "select", \.select, .choice, .rows, "epoch",
      "Epoch to use: last; or best, whose validation score is then optimistic.",
      isKeptByRecipes: true
    ) { "\($0.select.rawValue) epoch used" },
    ConfigurationOption(
      "ema", \.averaging.decay, .optional(.number(above: 0, below: 1)), .optimization, "decay",
      "Use an exponential moving average of the weights with this decay, such as 0.999."
    ) { $0.averaging.decay.map { "weights averaged with decay \($0)" } },
    ConfigurationOption(
      "average-checkpoints", \.averaging.epochs, .optional(.integer(2...100_000)), .optimization, "count",
      "Use the mean of the last N epochs' weights."
    ) { $0.averaging.epochs.map { "weights averaged over the last \($0) epochs" } },
    ConfigurationOption(
      "folds", \.foldCount, .optional(.integer(2...10_000)), .folds, "count",
      "Split the rows into this many folds.", isKeptByRecipes: true
    ) { $0.foldCount.map { "\($0) folds" } },
    ConfigurationOption(
      "repeats", \.foldRepeats, .optional(.integer(1...1000)), .folds, "count",
      "Repeat this many times, with new folds each time.", isKeptByRecipes: true
    ) { $0.foldRepeats.flatMap { $0 == 1 ? nil : "\($0) repeats" } },
    ConfigurationOption(
      "fold", \.foldNumber, .optional(.integer(1...10_000_000)), nil, "number", "The fold that is held out.",
      isKeptByRecipes: true
    ) { $0.foldNumber.map { "fold \($0) held out" } },
    ConfigurationOption(
      "classes", \.classes, .classes, nil, "classes", "What the rows are classified as.",
      isKeptByRecipes: true,
      absent: .null
    ) { $0.classes.areDigits ? nil : "\($0.classes.count) classes" },
  ]

  /// What is wrong between options that are each in range; nil if nothing is.
  var conflict: String? {
    if optimizer == .adamw && weightDecay * learningRate >= 1 {
      return
        "--weight-decay is \(withoutPointZero(weightDecay)); with adamw it must be below 1 / --learning-rate"
    }
    if plainEpochs > epochs {
      return "--plain-epochs is \(plainEpochs); it must be at most --epochs, \(epochs)"
    }
    if let averaged = averaging.epochs, averaged > epochs {
      return "--average-checkpoints is \(averaged); it must be at most --epochs, \(epochs)"
    }
    guard let folds else { return nil }
    if let number = folds.number, number > folds.trainings {
      return "fold \(number) is out of range (1 to \(folds.trainings))"
    }
    if (select == .best) != (validation > 0) {
      return
        "--validation and --select best go together in a cross-validation: each fold's epoch is chosen on that "
        + "share of its training rows"
    }
    return nil
  }
}

/// A number in words, unless it is 0.
private func say(_ number: Double, _ words: (String) -> String) -> String? {
  number == 0 ? nil : words(withoutPointZero(number))
}

extension OptionKind where Value == Classes {
  /// The digits, a number of classes, or names. On a command line the data's options say it.
  fileprivate static let classes = OptionKind(
    range: "a number of classes, or their names", json: { $0.json }, read: { Classes($0) },
    text: { $0.areDigits ? nil : "\($0.count)" },
    parse: { text in Int(text).flatMap { Classes(.integer($0)) } })
}

extension OptionKind where Value == [String] {
  /// Networks by name or notation, joined by commas; they are kept in notation.
  fileprivate static let networks = OptionKind(
    range: "networks by name or notation, joined by commas",
    json: { .string($0.joined(separator: ",")) },
    read: { $0.string.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } },
    text: { $0.map(NamedNetwork.name(of:)).joined(separator: ",") },
    parse: { text throws(KitError) in
      var networks: [String] = []
      for notation in text.split(separator: ",", omittingEmptySubsequences: false) {
        if notation.isEmpty { throw KitError(.usage, "--network '\(text)': a network is missing") }
        networks.append(try Network(notation: String(notation)).notation)
      }
      return networks
    })
}

/// Values that options set, where `Configuration` keeps them in another form.
extension Configuration {
  /// The recipe; setting it sets all that it decides.
  fileprivate var appliedRecipe: Recipe {
    get { recipe }
    set { self = newValue.applied(to: self) }
  }

  fileprivate var foldCount: Int? {
    get { folds?.count }
    set { folds = newValue.map { Folds(count: $0, repeats: folds?.repeats ?? 1, number: folds?.number) } }
  }

  fileprivate var foldRepeats: Int? {
    get { folds?.repeats }
    set { if let newValue { folds?.repeats = newValue } }
  }

  fileprivate var foldNumber: Int? {
    get { folds?.number }
    set { folds?.number = newValue }
  }
}
