import Scoring
import Testing

/// Confident learning against cleanlab, and what cleanlab leaves open.
@Suite struct DoubtfulLabelsTests {
  /// cleanlab puts at least one row of each class on the diagonal.
  private func likeCleanlab(_ joint: [[Int]]) -> [[Int]] {
    var joint = joint
    for index in joint.indices { joint[index][index] = max(1, joint[index][index]) }
    return joint
  }

  @Test func findsWhatCleanlabFinds() {
    let doubtful = DoubtfulLabels(of: EvaluationTests.mixed)
    #expect(doubtful.places == ScoringFixtures.doubtful.places)
    #expect(likeCleanlab(doubtful.confidentJoint) == ScoringFixtures.doubtful.joint)
    #expect(doubtful.suggestions.count == doubtful.places.count)
    for (place, suggestion) in zip(doubtful.places, doubtful.suggestions) {
      #expect(suggestion != EvaluationTests.mixed.labels[place])
    }
  }

  @Test func aClassWithoutRowsDecidesNothing() {
    let evaluation = evaluation(of: ScoringFixtures.mixedRows) { $0 != 9 }
    let doubtful = DoubtfulLabels(of: evaluation)
    #expect(doubtful.places == ScoringFixtures.doubtfulWithoutNine.places)
    #expect(likeCleanlab(doubtful.confidentJoint) == ScoringFixtures.doubtfulWithoutNine.joint)
    #expect(doubtful.thresholds[9] == .infinity)
    #expect(doubtful.confidentJoint[9].allSatisfy { $0 == 0 })
  }

  @Test func aThresholdOfZeroIsRaisedAsCleanlabDoes() {
    let doubtful = DoubtfulLabels(of: evaluation(of: ScoringFixtures.zeroRows))
    #expect(doubtful.thresholds[8] == 2e-6)
    #expect(doubtful.places == ScoringFixtures.doubtfulOfZeros.places)
    #expect(likeCleanlab(doubtful.confidentJoint) == ScoringFixtures.doubtfulOfZeros.joint)
    // Counted as another class than their label, which yet is the most probable: not doubtful.
    let joint = doubtful.confidentJoint
    let offDiagonal = joint.joined().reduce(0, +) - joint.indices.reduce(0) { $0 + joint[$1][$1] }
    #expect(offDiagonal > doubtful.places.count)
  }

  @Test func plantedErrorsAreFoundMostDoubtfulFirstAndInOrderOfPlaceIfEqual() {
    let doubtful = DoubtfulLabels(
      of: evaluation([
        (1, (1, 1), (7, 0)), (1, (1, 1), (7, 0)), (7, (7, 1), (1, 0)), (7, (7, 1), (1, 0)),
        (1, (7, 0.75), (1, 0.25)), (7, (1, 1), (7, 0)), (1, (7, 0.75), (1, 0.25)), (0, (0, 1), (1, 0)),
      ]))
    #expect(doubtful.places == [5, 4, 6])
    #expect(doubtful.suggestions == [1, 7, 7])
    #expect(doubtful.confidentJoint[1][7] == 2 && doubtful.confidentJoint[7][1] == 1)
    #expect(doubtful.confidentJoint[1][1] == 2 && doubtful.confidentJoint[7][7] == 2)
    #expect(doubtful.confidentJoint[0][0] == 1)
  }

  @Test func oneClassOrNoRowsFindNothing() {
    let none = DoubtfulLabels(of: Evaluation(rows: [], labels: [], probabilities: []))
    #expect(none.places.isEmpty && none.suggestions.isEmpty)
    #expect(none.confidentJoint.joined().allSatisfy { $0 == 0 })
    let one = DoubtfulLabels(of: evaluation([(3, (3, 0.5), (5, 0.5)), (3, (5, 1), (3, 0))]))
    #expect(one.places.isEmpty)
    #expect(one.confidentJoint[3][3] == 1)
  }
}
