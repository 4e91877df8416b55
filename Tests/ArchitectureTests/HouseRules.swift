/// The order of the house, lowest first: a module imports modules of lower layers only.
let layers: [[String]] = [
  ["Platform", "KernelShapes", "CMachine", "CZlib"],
  ["Foundations"],
  ["Kernels"],
  ["Compute"],
  ["NeuralNetworks", "Augmentation", "Pictures"],
  ["Competition"],
  ["SyntheticDigits", "Checkpoints", "Scoring"],
  ["Runs"],
  ["Training", "Sweeps"],
  ["Ensembling"],
  ["Reporting", "Serving", "Terminal", "TensorBoard", "DrawingPage", "Kaggle"],
  ["Options", "TrainingObservers", "Exchange"],
  // Above these are the commands, which are executables; the front door imports none of them.
]

/// Modules that know less than their layer allows.
let knowsOnly: [String: Set<String>] = [
  // Any other code would have one symbol in every level, of which the linker keeps a single one.
  "Kernels": ["KernelShapes", "CMachine"],
  // A score is a matter of labels and probabilities, whatever made them.
  "Scoring": ["Foundations"],
  // Trials and what comes of them, whatever trains them.
  "Sweeps": ["Foundations", "Competition", "Scoring", "Runs"],
  // The page's files, whoever sends them.
  "DrawingPage": [],
  // Requests and answers, whatever is asked.
  "Serving": ["Platform", "Foundations"],
  // Files of pictures and the digits in them, whatever reads those.
  "Pictures": ["Foundations", "CZlib"],
  // Progress and errors, whatever is done.
  "Terminal": ["Platform", "Foundations", "ArgumentParser", "Synchronization"],
  // Event files, whatever they tell of.
  "TensorBoard": ["Platform", "Foundations", "SwiftProtobuf", "Foundation", "FoundationEssentials"],
]

/// Modules from outside, and the C libraries, with the only ones that may import them. `Synchronization` is for all.
let outside: [String: Set<String>] = [
  // The one large dependency is linked where its messages are written.
  "SwiftProtobuf": ["TensorBoard", "Exchange"],
  "ArgumentParser": ["Terminal", "Options", "commands"],
  "CMachine": ["Kernels", "Compute"],
  "CZlib": ["Checkpoints", "Competition", "Pictures"],
  // All of Foundation makes a static executable three times as large; SwiftProtobuf's generated code needs it.
  "Foundation": ["TensorBoard", "Exchange"], "FoundationEssentials": ["TensorBoard", "Exchange"],
  "Glibc": ["Platform"], "Darwin": ["Platform"], "MachO": ["Platform"],
]

extension House {
  /// Imports that do not point down.
  var importsThatDoNotPointDown: [String] {
    let order = layers + [commands.sorted(), ["kaggle-digits"]]
    let level = Dictionary(
      uniqueKeysWithValues: order.enumerated().flatMap { level, names in names.map { ($0, level) } })
    return complaints { file, name in
      guard let upper = level[file.target] else { return "is in no layer" }
      guard let lower = level[name], lower >= upper else { return nil }
      return "imports \(name), which is not below \(file.target)"
    }
  }

  /// Imports by modules that are to know less.
  var importsOfWhatIsNotToBeKnown: [String] {
    complaints { file, name in
      guard let known = knowsOnly[file.target], !known.contains(name) else { return nil }
      return "imports \(name); \(file.target) knows only \(known.sorted().joined(separator: ", "))"
    }
  }

  /// Imports of modules from outside where they are not to be, and of unknown ones.
  var importsFromOutside: [String] {
    let own = Set(layers.joined())
    return complaints { file, name in
      guard let users = outside[name] else {
        let isKnown = own.contains(name) || name == "Synchronization"
        return isKnown ? nil : "imports \(name), which is in no layer and not allowed from outside"
      }
      let isAllowed =
        users.contains(file.target) || (users.contains("commands") && commands.contains(file.target))
      return isAllowed ? nil : "imports \(name); only \(users.sorted().joined(separator: ", ")) may"
    }
  }

  /// Where `Package.swift` and the import lines differ.
  var differencesFromThePackage: [String] {
    let imported = imported
    var result: [String] = []
    for target in Set(listed.keys).union(imported.keys).sorted() {
      guard let files = imported[target] else { result.append("\(target) has no Swift file"); continue }
      guard let listed = listed[target] else {
        result.append("\(target) is not found in Package.swift"); continue
      }
      // The front door's target depends on the commands so that they are built, and imports none.
      let listedHere = listed.subtracting(target == "kaggle-digits" ? commands : [])
      let ofThePackage = files.filter {
        modules.contains($0) || ["ArgumentParser", "SwiftProtobuf"].contains($0)
      }
      result += listedHere.subtracting(ofThePackage).sorted().map {
        "\(target) lists \($0), which no file of it imports"
      }
      result += ofThePackage.subtracting(listedHere).sorted().map {
        "\(target) imports \($0), which Package.swift does not list"
      }
    }
    return result
  }

  /// Types that are named like a module: whoever imports both can't name the module any more.
  var typesNamedLikeModules: [String] {
    files.flatMap { file in
      file.types.filter(modules.contains).map { "\(file.path) declares \($0), which is a module's name" }
    }
  }

  /// Files that treat one system differently from another, but for the one that is for that, and one for the tests.
  var forksOfTheSystem: [String] {
    (files + tests).filter {
      $0.asksForTheSystem
        && !["Platform/Differences.swift", "TestSupport/Differences.swift"].contains($0.path)
    }.map { "\($0.path) asks which system it is built for; Platform/Differences.swift is for that" }
  }

  /// What `judge` says against the imports of all files.
  private func complaints(_ judge: (_ file: File, _ imported: String) -> String?) -> [String] {
    files.flatMap { file in
      file.imports.sorted().compactMap { name in judge(file, name).map { "\(file.path) \($0)" } }
    }
  }
}
