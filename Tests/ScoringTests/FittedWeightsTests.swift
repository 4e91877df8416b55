import Foundations
import TestSupport
import Testing
@testable import Scoring

/// Greedy weights against a plain twin, on planted models.
@Suite struct FittedWeightsTests {
  static let labels: [UInt8] = {
    var stream = RandomStream(Philox(seed: 11), .sample)
    return (0..<400).map { _ in UInt8(stream.below(10)) }
  }()

  /// A model that is right with a probability that varies; where it errs differs from seed to seed.
  private func model(seed: UInt64, skill: Double) -> Evaluation {
    var stream = RandomStream(Philox(seed: seed), .sample)
    var probabilities: [Double] = []
    for label in Self.labels {
      var row = (0..<10).map { _ in Elementary.exp(stream.gaussian()) }
      row[Int(label)] *= Elementary.exp(skill + 2 * stream.gaussian())
      let sum = row.reduce(0, +)
      probabilities += row.map { $0 / sum }
    }
    return Evaluation(
      rows: Array(Self.labels.indices), labels: Self.labels, probabilities: probabilities)
  }

  /// The same greedy search as plainly as can be, on some places.
  private func twin(_ candidates: [Evaluation], _ places: [Int]) -> [Int] {
    var (picks, kept, lowest) = ([Int](), 0, Double.infinity)
    for _ in 0..<100 {
      let losses = candidates.indices.map { candidate in
        places.reduce(0.0) { loss, place in
          let mean = (picks + [candidate]).reduce(0.0) { $0 + candidates[$1].labelProbability(place) }
          return loss - Elementary.log(max(mean / Double(picks.count + 1), 1e-15))
        } / Double(places.count)
      }
      let best = losses.firstIndex(of: losses.reduce(.infinity, min)) ?? 0
      picks.append(best)
      if losses[best] < lowest - 1e-12 { (kept, lowest) = (picks.count, losses[best]) }
    }
    return Array(picks.prefix(kept))
  }

  @Test func picksAreTheTwins() throws {
    let candidates = [1.5, 2, 2.2, 0.5].enumerated().map { model(seed: UInt64($0), skill: $1) }
    let fitted = try FittedWeights(of: candidates)
    #expect(fitted.picks == twin(candidates, Array(Self.labels.indices)))
    #expect(Set(fitted.picks).count > 2)
    for index in candidates.indices {
      let count = fitted.picks.count { $0 == index }
      #expect(fitted.weights[index] == Double(count) / Double(fitted.picks.count))
    }
    #expect(abs(fitted.weights.reduce(0, +) - 1) < 1e-12)
    #expect(candidates.allSatisfy { fitted.fittedLogLoss <= $0.logLoss })
    #expect(fitted.fittedLogLoss <= fitted.crossFitted.logLoss)
  }

  @Test func eachPartIsPredictedWithTheOthersWeights() throws {
    let candidates = [2, 2.5, 0.5].enumerated().map { model(seed: UInt64(20 + $0), skill: $1) }
    let fitted = try FittedWeights(of: candidates)
    let parts = FittedWeights.parts(of: Self.labels)
    for part in 0..<5 {
      let picks = twin(candidates, Self.labels.indices.filter { parts[$0] != part })
      for place in Self.labels.indices where parts[place] == part {
        for index in 10 * place..<10 * place + 10 {
          let mean = picks.reduce(0.0) { $0 + candidates[$1].probabilities[index] } / Double(picks.count)
          #expect(abs(fitted.crossFitted.probabilities[index] - mean) < 1e-14)
        }
      }
    }
    #expect(fitted.crossFitted.labels == Self.labels)
  }

  @Test func partsHaveTheirShareOfEveryLabel() {
    let parts = FittedWeights.parts(of: Self.labels)
    #expect((0..<5).allSatisfy { part in parts.count { $0 == part } == 80 })
    for label in 0..<10 {
      let counts = (0..<5).map { part in
        Self.labels.indices.count { Int(Self.labels[$0]) == label && parts[$0] == part }
      }
      #expect(counts.max()! - counts.min()! <= 1)
    }
    #expect(FittedWeights.parts(of: [3, 1, 3, 1, 0]) == [3, 1, 4, 2, 0])
  }

  @Test func aBadCandidateGetsNothingAndAGoodPairAboutTheSame() throws {
    let candidates = [model(seed: 31, skill: 3), model(seed: 32, skill: -3), model(seed: 33, skill: 3)]
    let fitted = try FittedWeights(of: candidates)
    #expect(fitted.weights[1] == 0)
    #expect(abs(fitted.weights[0] - 0.5) < 0.1)
    #expect(fitted.gainOverEqualWeights.logLossDifference < 0)
    #expect(!fitted.gainOverEqualWeights.logLossInterval.contains(0))
    #expect(fitted.gainOverBestSingle.logLossDifference < 0)
    #expect(fitted.bestSingle != 1)
  }

  @Test(arguments: [1, 2, 3, 7]) func identicalCandidatesGainNothing(count: Int) throws {
    let fitted = try FittedWeights(of: [Evaluation](repeating: model(seed: 41, skill: 2), count: count))
    #expect(fitted.picks == [0])
    #expect(fitted.weights == [1] + [Double](repeating: 0, count: count - 1))
    for gain in [fitted.gainOverEqualWeights, fitted.gainOverBestSingle] {
      #expect(gain.logLossDifference == 0 && gain.logLossInterval.contains(0))
      #expect(gain.gained == 0 && gain.lost == 0 && gain.accuracyInterval.contains(0))
    }
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    let candidates = [1, 2, 3].enumerated().map { model(seed: UInt64(50 + $0), skill: $1) }
    let text = try FittedWeights(of: candidates).json.serialized(pretty: true)
    #expect(try FittedWeights(of: candidates).json.serialized(pretty: true) == text)
    #expect(text.contains("\"weights\": ["))
  }

  @Test func impossibleProbabilitiesNeitherUnderflowNorDivide() throws {
    let wrong = evaluation([UInt8](repeating: 0, count: 40).map { ($0, (1, 1.0), (0, 0.0)) })
    let fitted = try FittedWeights(of: [wrong, wrong])
    #expect(abs(fitted.fittedLogLoss + Elementary.log(1e-15)) < 1e-12)
    #expect(fitted.weights == [1, 0])
  }

  @Test func whatDoesNotFitIsRefused() throws {
    func error(_ candidates: [Evaluation]) -> KitError? {
      #expect(throws: KitError.self) { try FittedWeights(of: candidates) }
    }
    let good = model(seed: 61, skill: 2)
    #expect(error([])?.kind == .usage)
    var labels = Self.labels
    labels[5] = (labels[5] + 1) % 10
    let other = Evaluation(rows: good.rows, labels: labels, probabilities: good.probabilities)
    let message = error([good, good, other])?.message
    #expect(message?.hasPrefix("candidates 1 and 3 are not of the same rows: at place 6, row 5,") == true)
    let single = evaluation([(0, (0, 1.0), (1, 0.0))])
    #expect(error([single])?.message == "weights need at least 2 rows to be fitted; there are 1")
  }
}
