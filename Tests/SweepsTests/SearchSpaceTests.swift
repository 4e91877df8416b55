import Foundations
import Runs
import TestSupport
import Testing
@testable import Sweeps

@Suite struct SearchSpaceTests {
  @Test func readsRangesAndValues() throws {
    let space = try Sample.space([
      "learning-rate": "0.001..0.01", "rotate": "0..10", "batch": "32..64", "epochs": "2..20",
      "shift": "0,0.050,1e-1", "network": "compact,8C3-P2-16N", "prepare": "none,spread", "zoom": "0.1",
    ])
    #expect(
      space.options.map(\.name) == [
        "network", "epochs", "batch", "learning-rate", "prepare", "shift", "rotate",
      ])
    let values = Dictionary(uniqueKeysWithValues: space.options.map { ($0.name, $0.values) })
    #expect(values["learning-rate"] == .decimals(0.001...0.01, isLogarithmic: true))
    #expect(values["rotate"] == .decimals(0...10, isLogarithmic: false))
    #expect(values["batch"] == .wholes(32...64, isLogarithmic: false))
    #expect(values["epochs"] == .wholes(2...20, isLogarithmic: true))
    #expect(values["shift"] == .list(["0", "0.05", "0.1"]))
    #expect(values["network"] == .list(["compact", "8C3-P2-16N"]))
    #expect(SearchSpace.fixed(["zoom": "0.1", "shift": "0,1", "epochs": "1..2"]) == ["zoom": "0.1"])
  }

  @Test(arguments: [
    (["shift": "0,1.5"], "--shift is 1.5; it must be between 0 and 1"),
    (["shift": "0,x"], "--shift is 'x'; it must be a number between 0 and 1"),
    (["epochs": "0..5"], "--epochs is 0; it must be between 1 and 100000"),
    (["optimizer": "adam,lion"], "--optimizer is 'lion'; it must be adam, adamw or sgd"),
    (["learning-rate": "0..0.1"], "--learning-rate is 0; it must be above 0 and at most 100"),
    (["shift": "0.1..0"], "--shift is '0.1..0'; a range goes from a smaller to a larger number"),
    (["shift": "0.1..0.1"], "--shift is '0.1..0.1'; a range goes from a smaller to a larger number"),
    (["shift": "0.."], "--shift is '0..'; a range needs two ends"),
    (["shift": ".."], "--shift is '..'; a range needs two ends"),
    (["rotate": "0...5"], "--rotate is '0...5'; a range is written as two numbers"),
    (["shift": "0,0.1..0.2"], "--shift is '0,0.1..0.2'; a range and values joined by commas are mutually"),
    (["optimizer": "adam..sgd"], "--optimizer is 'adam..sgd'; only an option that is a number can have"),
    (["network": "1..2"], "--network is '1..2'; only an option that is a number can have a range"),
    (["shift": "0,,1"], "--shift is '0,,1'; a value is missing"),
    (["shift": ","], "--shift is ','; a value is missing"),
    (["shift": "0.1,1e-1"], "--shift is '0.1,1e-1'; 0.1 is given twice"),
    (["network": "8C3-32Q,compact"], "network"),
    (["shfit": "0,1"], "--shfit is not an option of training; did you mean --shift?"),
    (["quux": "1"], "--quux is not an option of training"),
    (["seed": "1,2"], "--seed can't be searched: it decides which rows are held out"),
    (["limit": "10..20"], "--limit can't be searched: it decides which rows"),
    (["recipe": "fast,best"], "--recipe can't be searched: a recipe sets other options"),
    (["validation": "0.1..0.2"], "--validation can't be searched: it decides how an epoch is chosen"),
    (["select": "best,last"], "--select can't be searched"),
    (["members": "1,2"], "--members can't be searched: more members are nearly always better"),
    (["folds": "2,5"], "--folds can't be searched"),
    (["shift": "0"], "there is nothing to search"), ([:], "there is nothing to search"),
    (["ema": "0.9,0.99", "average-checkpoints": "2"], "--ema and --average-checkpoints are mutually"),
  ])
  func refusesAsACommandDoes(given: [String: String], expected: String) {
    let text = message(of: .usage) { try SearchSpace(given) }
    #expect(text.contains(expected), "\(text)")
  }

  @Test func moreTrialsAreTheSameOnesAndOthers() throws {
    for given in [Sample.options, ["shift": "0,0.05,0.1", "batch": "16..40"]] {
      let space = try Sample.space(given)
      let many = try space.random(60, seed: 7, over: Configuration())
      for count in [2, 3, 17, 59] {
        #expect(try space.random(count, seed: 7, over: Configuration()) == Array(many.prefix(count)))
      }
      #expect(try space.random(60, seed: 8, over: Configuration()) != many)
      #expect(many[0] == Configuration())
      #expect(Set(many.map(space.values)).count == 60)
    }
  }

  /// The draws of a seed do not change from version to version: a plan that is made again is the same. The numbers are
  /// those of a second implementation, in Python.
  @Test func theFirstTrialsOfASeed() throws {
    let space = try Sample.space()
    let trials = try space.random(4, seed: 1, over: Configuration()).dropFirst()
    #expect(
      trials.map { space.values(of: $0).map { $0 ?? "" }.joined(separator: " ") } == [
        "compact 0.007174 0.05", "deotte 0.009864 0.1", "deotte 0.002635 0.1",
      ])
  }

  @Test func aSmallSpaceIsUsedUpAndNoMore() throws {
    let space = try Sample.space(["shift": "0,0.05,0.1", "batch": "100..103"])
    // The base's batch of 128 is not among them.
    #expect(space.count == 12 && space.trialCount(over: Configuration()) == 13)
    for seed in 0..<20 as Range<UInt64> {
      let all = try space.random(13, seed: seed, over: Configuration())
      #expect(Set(all.map(space.values)).count == 13)
    }
    #expect(
      message(of: .usage) { try space.random(14, seed: 1, over: Configuration()) }
        == "--trials is 14; there are 13 different ones, with the base options: --grid trains them all")
    var base = Configuration()
    base.batch = 101
    #expect(space.trialCount(over: base) == 12)
    #expect(
      message { try Sample.space(["shift": "0.1..0.1001"]).random(9, seed: 1, over: base) }
        .hasPrefix("--trials: after "))
    for count in [-1, 0, 1, 10_001] {
      #expect(message { try space.random(count, seed: 1, over: base) }.contains("between 2 and 10000"))
    }
  }

  @Test func drawsAreWithinRangesAndRoundedAndEven() throws {
    let space = try Sample.space([
      "learning-rate": "0.001..0.01", "rotate": "0..10", "batch": "30..34", "plain-epochs": "1..10",
    ])
    var base = Configuration()
    base.epochs = 20
    let trials = try space.random(4000, seed: 3, over: base).dropFirst()
    for trial in trials {
      #expect((0.001...0.01).contains(trial.learningRate) && (0...10).contains(trial.augmentation.rotation))
      #expect((30...34).contains(trial.batch) && (1...10).contains(trial.plainEpochs))
      // Four digits, whatever the exponent.
      let digits = "\(trial.learningRate)".drop { "0.".contains($0) }
      #expect(digits.prefix { $0 != "e" }.count { $0 != "." } <= 4)
    }
    func share(_ isIn: (Configuration) -> Bool) -> Double { Double(trials.count(where: isIn)) / 3999 }
    #expect((share { $0.learningRate < 0.001 * 10.0.squareRoot() } - 0.5).magnitude < 0.03)
    #expect((share { $0.augmentation.rotation < 5 } - 0.5).magnitude < 0.03)
    for batch in 30...34 { #expect((share { $0.batch == batch } - 0.2).magnitude < 0.03) }
    // Logarithmic: 1 has the room from 0.5 to 1.5.
    #expect((share { $0.plainEpochs == 1 } - Elementary.log(3) / Elementary.log(21)).magnitude < 0.03)
  }

  @Test func aGridHasAllInOrder() throws {
    let space = try Sample.space(["shift": "0,0.05,0.1", "optimizer": "sgd,adam"])
    let grid = try space.grid(over: Configuration())
    // Adam and 0.05 are the base.
    #expect(
      grid.map { space.values(of: $0).map { $0 ?? "" }.joined(separator: " ") } == [
        "adam 0.05", "sgd 0", "sgd 0.05", "sgd 0.1", "adam 0", "adam 0.1",
      ])
    #expect(
      message(of: .usage) { try Sample.space().grid(over: Configuration()) }
        == "--learning-rate is '0.001..0.01'; a grid needs values joined by commas, not a range")
    let long = (0..<101).map { "0.\($0 + 100)" }.joined(separator: ",")
    #expect(
      message { try Sample.space(["shift": long, "zoom": long]).grid(over: Configuration()) }
        == "the grid has 10,202 trials; at most 10,000 are possible")
  }

  @Test func valuesThatConflictAreRefusedWithTheTrial() throws {
    let space = try Sample.space(["plain-epochs": "2,20"])
    #expect(
      message(of: .usage) { try space.grid(over: Configuration()) }
        == "a trial with --plain-epochs 20 is not possible: --plain-epochs is 20; it must be at most --epochs, 12"
    )
  }
}
