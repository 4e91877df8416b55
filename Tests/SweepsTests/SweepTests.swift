import Competition
import Foundations
import Runs
import TestSupport
import Testing
@testable import Sweeps

@Suite struct SweepTests {
  /// The brackets of Hyperband's table 1 (Li et al., JMLR 18, 2018): 81 epochs, one of three trials kept.
  @Test(arguments: [
    (81, [81, 27, 9, 3, 1], [1, 3, 9, 27, 81]), (27, [27, 9, 3, 1], [3, 9, 27, 81]),
    (9, [9, 3, 1], [9, 27, 81]), (6, [6, 2], [27, 81]), (5, [5], [81]),
  ])
  func halvingIsThatOfThePaper(trials: Int, counts: [Int], epochs: [Int]) throws {
    let halving = try Halving(trials: trials, keep: 3, rungs: counts.count)
    #expect((1...counts.count).map(halving.trials) == counts)
    #expect((1...counts.count).map { halving.epochs(81, inRung: $0) } == epochs)
  }

  @Test func halvingHasAtLeastOneOfEach() throws {
    let halving = try Halving(trials: 5, keep: 4, rungs: 14)
    #expect((1...14).map(halving.trials).suffix(12).allSatisfy { $0 == 1 })
    #expect((1...14).map { halving.epochs(3, inRung: $0) }.min() == 1)
    for (trials, keep, rungs) in [(0, 3, 1), (10_001, 3, 1), (9, 1, 2), (9, 101, 2), (9, 3, 0), (9, 3, 15)] {
      #expect(message(of: .usage) { try Halving(trials: trials, keep: keep, rungs: rungs) } != "accepted")
    }
  }

  @Test func aRungTrainsTheSameSharesOfItsEpochs() throws {
    var trial = Configuration()
    (trial.epochs, trial.plainEpochs, trial.averaging) = (27, 9, .lastEpochs(6))
    let halving = try Halving(trials: 27, rungs: 4)
    let rungs = (1...4).map { halving.configuration(trial, inRung: $0) }
    #expect(rungs.map(\.epochs) == [1, 3, 9, 27] && rungs.map(\.plainEpochs) == [0, 1, 3, 9])
    #expect(rungs.map(\.averaging) == [.none, .lastEpochs(2), .lastEpochs(2), .lastEpochs(6)])
    for rung in rungs { try rung.validate() }
  }

  @Test func foldsAreOfOnePurposeEach() throws {
    for (count, choosing, reporting) in [
      (5, [1, 2], [3, 4, 5]), (2, [1], [2]), (3, [1], [2, 3]), (10, [1, 2, 3, 4], [5, 6, 7, 8, 9, 10]),
    ] {
      let folds = try SweepFolds(count: count)
      #expect(folds.choosing == choosing && folds.reporting == reporting)
    }
    #expect(try SweepFolds(count: 5, choosing: [4, 2]).reporting == [1, 3, 5])
    #expect(try SweepFolds(count: 5, reporting: [1, 2]).choosing == [3, 4, 5])
    #expect(try SweepFolds(count: 5, choosing: [5], reporting: [1]).choosing == [5])
    for (choosing, reporting, expected) in [
      ([1, 2, 3], nil, "no fold is left to report"), ([], [1], "no fold is left to choose"),
      ([1, 2], [2, 3], "fold 2 can't both"), ([1, 1], nil, "fold 1 is given twice"),
      ([0], nil, "fold 0 is out of range (1 to 3)"), (nil, [4], "fold 4 is out of range"),
    ] as [([Int]?, [Int]?, String)] {
      #expect(
        message(of: .usage) { try SweepFolds(count: 3, choosing: choosing, reporting: reporting) }
          .hasPrefix(expected))
    }
    #expect(message(of: .usage) { try SweepFolds(count: 1) } != "accepted")
    #expect(
      [[3], [1, 2], [3, 4, 5], [1, 3, 4]].map(SweepFolds.text) == [
        "fold 3", "folds 1 and 2", "folds 3 to 5", "folds 1, 3 and 4",
      ])
  }

  @Test(arguments: [(30, 3, 1, 5), (30, 3, 3, 5), (9, 2, 4, 2), (2, 100, 14, 7)])
  func eachTaskHasOneNumber(trials: Int, keep: Int, rungs: Int, folds: Int) throws {
    let sweep = try Sample.sweep(trials: trials, keep: keep, rungs: rungs, folds: folds)
    var expected = 2 * sweep.folds.reporting.count
    for rung in 1...rungs { expected += sweep.halving.trials(inRung: rung) * sweep.folds.choosing.count }
    #expect(sweep.taskCount == expected)
    var tasks: [SweepTask] = []
    for number in 1...sweep.taskCount {
      let task = try #require(sweep.task(number))
      #expect(sweep.number(of: task) == number && sweep.tasks(ofRung: task.rung).contains(number))
      #expect(!tasks.contains(task))
      tasks.append(task)
    }
    for number in [-1, 0, sweep.taskCount + 1] { #expect(sweep.task(number) == nil) }
    for task in [(0, 1, 1), (rungs + 2, 1, 1), (1, 0, 1), (1, trials + 1, 1), (1, 1, folds)] {
      #expect(sweep.number(of: SweepTask(rung: task.0, place: task.1, fold: task.2)) == nil)
    }
  }

  @Test func theBestGoOn() throws {
    let sweep = try Sample.sweep(trials: 9, rungs: 2, folds: 5)
    #expect(sweep.survivors(ofRung: 1, [:]) == Array(1...9))
    #expect(sweep.survivors(ofRung: 2, [:]) == nil && sweep.survivors(ofRung: 3, [:]) == nil)
    // Wrong rows of both folds; 4 has the lower loss of two that are equal, 6 the lower number of three.
    var scores: [Int: TaskScore] = [:]
    let wrong = [(9, 9), (5, 9), (8, 6), (7, 7), (9, 5), (3, 3), (2, 4), (4, 2), (9, 9)]
    for (place, counts) in wrong.enumerated() {
      for (fold, count) in [counts.0, counts.1].enumerated() {
        let number = try #require(sweep.number(of: SweepTask(rung: 1, place: place + 1, fold: fold + 1)))
        scores[number] = TaskScore(rows: 100, wrong: count, logLoss: place == 3 ? 0.1 : 0.2)
      }
    }
    #expect(sweep.survivors(ofRung: 2, scores) == [6, 7, 8])
    scores[1] = .diverged(rows: 100)
    scores[11] = nil
    #expect(sweep.survivors(ofRung: 2, scores) == nil)
    scores[11] = .diverged(rows: 100)
    #expect(sweep.survivors(ofRung: 2, scores) == [7, 8, 4])
    for place in 1...3 {
      for fold in 1...2 {
        let number = try #require(sweep.number(of: SweepTask(rung: 2, place: place, fold: fold)))
        scores[number] = TaskScore(rows: 100, wrong: place == 2 ? 1 : 3, logLoss: 0.1)
      }
    }
    #expect(sweep.survivors(ofRung: 3, scores) == [8, 1])
    #expect(sweep.score(inRung: 2, place: 2, scores) == TaskScore(rows: 200, wrong: 2, logLoss: 0.1))
    #expect(
      sweep.score(inRung: 2, place: 4, scores) == nil && sweep.score(inRung: 9, place: 1, scores) == nil)
  }

  @Test func tasksSayWhatToTrain() throws {
    let sweep = try Sample.sweep(trials: 9, rungs: 2)
    let first = try #require(sweep.training(4, survivors: Array(1...9)))
    #expect(first.trial == 2 && first.configuration.epochs == 4)
    #expect(first.configuration.folds == Folds(count: 5, repeats: 1, number: 2))
    #expect(first.configuration.validation == 0)
    try first.configuration.validate()
    let final = sweep.tasks(ofRung: 3)
    let winner = try #require(sweep.training(final.lowerBound, survivors: [8, 1]))
    #expect(winner.trial == 8 && winner.configuration.epochs == 12)
    #expect(winner.configuration.folds?.number == 3)
    #expect(sweep.training(final.upperBound, survivors: [8, 1])?.trial == 1)
    // The base has won: it need not be compared with itself.
    #expect(sweep.training(final.upperBound, survivors: [1]) == nil)
    #expect(sweep.training(final.upperBound + 1, survivors: [8, 1]) == nil)
    #expect(sweep.options(ofTrial: 1) == Configuration())
  }

  @Test func epochsAndRungsExcludeEachOther() throws {
    #expect(try Sample.sweep(["epochs": "12..30"], trials: 19, rungs: 1, folds: 2).trials.count == 19)
    #expect(
      message(of: .usage) { try Sample.sweep(["epochs": "2..30"], trials: 9, rungs: 2) }
        == "--epochs can't be searched with --rungs 2, which gives trials their epochs")
  }

  @Test func scoresAreOrdered() {
    let good = TaskScore(rows: 100, wrong: 1, logLoss: 0.3)
    #expect(good.isBetter(than: TaskScore(rows: 100, wrong: 2, logLoss: 0.1)))
    #expect(good.isBetter(than: TaskScore(rows: 100, wrong: 1, logLoss: .nan)))
    #expect(good.isBetter(than: TaskScore(rows: 0, wrong: 0, logLoss: 0)) && !good.isBetter(than: good))
    #expect(TaskScore.diverged(rows: 3).isDiverged && (good + .diverged(rows: 3)).isDiverged)
    let sum = good + TaskScore(rows: 300, wrong: 3, logLoss: 0.1)
    #expect(sum.rows == 400 && sum.wrong == 4 && (sum.logLoss - 0.15).magnitude < 1e-15)
  }
}
