import Augmentation
import Competition
import Foundations
import NeuralNetworks
import TestSupport
import Testing
@testable import Runs

@Suite struct ConfigurationTests {
  private func changed(_ change: (inout Configuration) -> Void) -> Configuration {
    var configuration = Configuration()
    change(&configuration)
    return configuration
  }

  @Test func readsBackFromItsText() throws {
    let configurations = [
      Configuration(), smallConfiguration(),
      changed {
        $0.networks = ["deotte", "8C3-16N", "deotte"]
        $0.epochs = 3
        $0.batch = 7
        $0.learningRate = 0.1 + 0.2
        $0.schedule = .oneCycle
        $0.optimizer = .sgd
        $0.initialization = .he
        $0.validation = 0
        $0.seed = .max
        $0.members = 12
        $0.limit = 99
        $0.augmentation = ImageAugmentation(
          shift: 1e-9, rotation: 180, zoom: 0.5, shear: 89.9, elastic: 0.7, erase: 0.1)
        $0.plainEpochs = 2
        $0.weightDecay = 0.5
        $0.preprocessings = [.spread, .none]
        $0.labelSmoothing = 0.05
        $0.select = .last
        $0.averaging = .exponential(decay: 0.999)
        $0.folds = Folds(count: 5, repeats: 3, number: 15)
      },
      changed {
        $0.averaging = .lastEpochs(12)
        $0.folds = Folds(count: 2, repeats: 1)
        $0.select = .best
      },
    ]
    for configuration in configurations {
      for pretty in [true, false] {
        let text = JSON.object(configuration.fields).serialized(pretty: pretty)
        let json = try JSON.parse(Array(text.utf8), from: "text")
        let read = try Configuration(json, from: "text")
        #expect(read == configuration && read.recipe == configuration.recipe)
      }
    }
  }

  @Test func missingAndWrongFieldsAreNamed() throws {
    let fields = Configuration().fields
    let optional = ["limit", "ema", "average-checkpoints", "folds", "repeats", "fold"]
    for (index, field) in fields.enumerated() {
      for wrong in [nil, JSON.null, .array([]), .string("nonsense")]
      where field.key != "network" || wrong?.string == nil {
        if optional.contains(field.key), case .null? = wrong { continue }
        // Older files do not have it.
        if Configuration.schema[index].absent != nil && wrong == nil { continue }
        var damaged = fields
        if let wrong { damaged[index].value = wrong } else { damaged.remove(at: index) }
        let error = #expect(throws: KitError.self) { try Configuration(.object(damaged), from: "file") }
        #expect(error?.kind == .badData)
        #expect(error?.message == "file: '\(field.key)' is missing or malformed")
      }
    }
  }

  /// A file's values are checked as a command line's are.
  @Test func filesOutOfRangeAreRefused() throws {
    for change in [{ $0.epochs = 0 }, { $0.augmentation.zoom = .nan }, { $0.plainEpochs = 13 }]
      as [(inout Configuration) -> Void]
    {
      let fields = changed(change).fields
      let error = #expect(throws: KitError.self) { try Configuration(.object(fields), from: "file") }
      #expect(error?.kind == .badData)
    }
  }

  /// Runs from before recipes were stored: the nearest one.
  @Test func olderFilesHaveNoRecipe() throws {
    var configurations = [Configuration(), smallConfiguration(), .crossValidation]
    configurations += Recipe.allCases.map { $0.applied(to: changed { $0.limit = 500 }) }
    configurations.append(
      changed {
        $0 = Recipe.best.configuration; $0.epochs = 60
      })
    for configuration in configurations {
      let fields = configuration.fields.filter { $0.key != "recipe" }
      let read = try Configuration(.object(fields), from: "file")
      #expect(read == configuration && read.recipe == configuration.recipe)
    }
  }

  /// A recipe is only a name: a state of an older kit agrees with a configuration of this one.
  @Test func recipesAreNotCompared() throws {
    let named = changed { $0.recipe = .best }
    #expect(named == Configuration())
    try named.requireAgreement(with: Configuration(), of: "run")
    let error = #expect(throws: KitError.self) {
      try changed { $0.limit = 9 }.requireAgreement(with: named, of: "run")
    }
    #expect(error?.message.hasPrefix("--limit 9 differs from run's unset; --resume takes everything") == true)
  }

  /// The bytes of `configuration.json` and of states, but for fields that were added since.
  @Test func theFieldsAreAsTheyWere() {
    let isOld = Configuration.schema.map { $0.absent == nil }
    let fields = zip(Configuration().fields, isOld).filter(\.1).map(\.0)
    #expect(
      JSON.object(fields).serialized(pretty: false)
        == #"{"network":"\#(NamedNetwork.compact.notation)","epochs":12,"batch":128,"learning-rate":0.003,"#
        + #""schedule":"one-cycle","optimizer":"adam","weight-decay":0.01,"initialization":"glorot","#
        + #""validation":0.1,"seed":"1","members":1,"limit":null,"prepare":"deskew","shift":0.05,"rotate":10.0,"#
        + #""zoom":0.1,"shear":0.0,"elastic":0.7,"erase":0.0,"plain-epochs":1,"label-smoothing":0.0,"#
        + #""select":"last","ema":null,"average-checkpoints":null,"folds":null,"repeats":null,"fold":null}"#)
  }

  @Test func memberSeedsAreApartAndDoNotDependOnTheirNumber() {
    var one = Configuration()
    one.seed = 7
    var many = one
    many.members = 1000
    let seeds = (1...1000).map { many.seed(ofMember: $0) }
    #expect(Set(seeds).count == 1000)
    #expect((1...1000).map { one.seed(ofMember: $0) } == seeds)
    #expect(one.seed(ofMember: 1) != Configuration().seed(ofMember: 1))
  }

  @Test func limitIsTakenBeforeTheSplitAndNoRowIsInBothParts() throws {
    let table = smallTable(rows: 300)
    for (limit, validation) in [(nil, 0.1), (200, 0.25), (200, 0), (300, 0.5), (5000, 0.1)]
      as [(Int?, Double)]
    {
      var configuration = Configuration()
      configuration.limit = limit
      configuration.validation = validation
      let split = try configuration.split(of: table)
      let rows = min(300, limit ?? 300)
      #expect(split.training.count + split.validation.count == rows)
      #expect(split.validation.count == Int((Double(rows) * validation).rounded()))
      #expect(Set(split.training).isDisjoint(with: split.validation))
      #expect(Set(split.training + split.validation).isSubset(of: 0..<300))
      for digit in 0..<10 {
        let share = split.training.filter { table.labels[$0] == UInt8(digit) }.count
        #expect(abs(share - split.training.count / 10) <= 1)
      }
      let again = try configuration.split(of: table)
      #expect(again.training == split.training && again.validation == split.validation)
    }
  }
}
