import Augmentation
import Competition
import Foundations
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
        #expect(try Configuration(json, from: "text") == configuration)
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
        var damaged = fields
        if let wrong { damaged[index].value = wrong } else { damaged.remove(at: index) }
        let error = #expect(throws: KitError.self) { try Configuration(.object(damaged), from: "file") }
        #expect(error?.kind == .badData)
        #expect(error?.message == "file: '\(field.key)' is missing or malformed")
      }
    }
  }

  @Test func numbersOutOfRangeAreRefusedByTheirOption() throws {
    let wrong: [(option: String, change: (inout Configuration) -> Void)] = [
      ("--epochs", { $0.epochs = 0 }), ("--epochs", { $0.epochs = 100_001 }), ("--batch", { $0.batch = 0 }),
      ("--batch", { $0.batch = -1 }), ("--batch", { $0.batch = 65_537 }),
      ("--learning-rate", { $0.learningRate = 0 }), ("--learning-rate", { $0.learningRate = -1 }),
      ("--learning-rate", { $0.learningRate = .nan }), ("--learning-rate", { $0.learningRate = .infinity }),
      ("--validation", { $0.validation = 1 }), ("--validation", { $0.validation = -0.1 }),
      ("--validation", { $0.validation = .nan }), ("--members", { $0.members = 0 }),
      ("--members", { $0.members = 1001 }), ("--limit", { $0.limit = 0 }), ("--limit", { $0.limit = .min }),
      ("--shift", { $0.augmentation = ImageAugmentation(shift: 1.1, rotation: 0, zoom: 0, shear: 0) }),
      ("--rotate", { $0.augmentation = ImageAugmentation(shift: 0, rotation: 181, zoom: 0, shear: 0) }),
      ("--zoom", { $0.augmentation = ImageAugmentation(shift: 0, rotation: 0, zoom: 1, shear: 0) }),
      ("--zoom", { $0.augmentation = ImageAugmentation(shift: 0, rotation: 0, zoom: .nan, shear: 0) }),
      (
        "--elastic",
        { $0.augmentation = ImageAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 0, elastic: -1) }
      ),
      (
        "--erase",
        { $0.augmentation = ImageAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 0, erase: 1.1) }
      ),
      ("--plain-epochs", { $0.plainEpochs = $0.epochs + 1 }),
      ("--label-smoothing", { $0.labelSmoothing = 1 }),
      ("--shear", { $0.augmentation = ImageAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 90) }),
    ]
    try Configuration().validate()
    for (option, change) in wrong {
      let configuration = changed(change)
      let error = #expect(throws: KitError.self) { try configuration.validate() }
      #expect(error?.kind == .usage)
      #expect(error?.message.hasPrefix("\(option) is ") == true, "\(error?.message ?? "")")
      #expect(throws: KitError.self) { try Configuration(.object(configuration.fields), from: "file") }
    }
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
