import Foundations

/// What a member predicts for some images.
public struct Opinion: Sendable {
  /// The member, by its place in the ensemble.
  public let member: Int
  /// The images that it predicted, by their places, ascending.
  public let places: [Int]
  /// Ten probabilities for each of them, in their order, digit 0 first.
  public let probabilities: [Double]

  /// A value of each field.
  public init(member: Int, places: [Int], probabilities: [Double]) {
    self.member = member
    self.places = places
    self.probabilities = probabilities
  }

  /// The most probable class of each image.
  public var answers: [UInt8] { DigitClass.mostProbable(ofEach: probabilities) }
}

/// What an ensemble predicts for some images.
public struct Predictions: Sendable {
  /// Ten probabilities an image.
  public let probabilities: [Double]
  /// The most probable class of each image.
  public let labels: [UInt8]
  /// What each member predicts.
  public let opinions: [Opinion]

  /// Ten probabilities an image, and the members' opinions that they were combined from.
  public init(probabilities: [Double], opinions: [Opinion]) {
    self.probabilities = probabilities
    labels = DigitClass.mostProbable(ofEach: probabilities)
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
