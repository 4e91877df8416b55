import Foundations

/// What a member predicts for some images.
public struct Opinion: Sendable {
  /// The member, by its place in the ensemble.
  public let member: Int
  /// The images that it predicted, by their places, ascending.
  public let places: [Int]
  /// A probability of each class for each of them, in their order, class 0 first.
  public let probabilities: [Double]

  /// A value of each field.
  public init(member: Int, places: [Int], probabilities: [Double]) {
    self.member = member
    self.places = places
    self.probabilities = probabilities
  }

  /// The most probable class of each image.
  public var answers: [UInt8] {
    DigitClass.mostProbable(ofEach: probabilities, classes: probabilities.count / max(1, places.count))
  }
}

/// What an ensemble predicts for some images.
public struct Predictions: Sendable {
  /// A probability of each class an image.
  public let probabilities: [Double]
  /// How many classes there are.
  public let classes: Int
  /// The most probable class of each image.
  public let labels: [UInt8]
  /// What each member predicts.
  public let opinions: [Opinion]

  /// The probabilities of `classes` classes an image, and the members' opinions that they were combined from.
  public init(probabilities: [Double], opinions: [Opinion], classes: Int = DigitClass.count) {
    self.probabilities = probabilities
    self.classes = classes
    labels = DigitClass.mostProbable(ofEach: probabilities, classes: classes)
    self.opinions = opinions
  }

  /// Whether the members' own answers differ, image by image.
  public var isDisputed: [Bool] {
    var first = [UInt8?](repeating: nil, count: labels.count)
    var result = [Bool](repeating: false, count: labels.count)
    for opinion in opinions {
      for (answer, place) in zip(opinion.answers, opinion.places) {
        if let before = first[place], before != answer { result[place] = true }
        first[place] = first[place] ?? answer
      }
    }
    return result
  }

  /// How many images the members' own answers differ on.
  public var disagreements: Int { isDisputed.count { $0 } }
}
