import Foundations

/// What a member says of some images.
public struct Opinion: Sendable {
  /// The member, by its place in the ensemble.
  public let member: Int
  /// The images that it was asked about, ascending.
  public let places: [Int]
  /// Ten probabilities for each of them.
  public let probabilities: [Double]

  /// What a member, by its place in the ensemble, says of images at ascending places: ten probabilities each.
  public init(member: Int, places: [Int], probabilities: [Double]) {
    self.member = member
    self.places = places
    self.probabilities = probabilities
  }

  /// The most probable class of each image.
  public var answers: [UInt8] { DigitClass.mostProbable(ofEach: probabilities) }
}

/// What an ensemble says of some images.
public struct Predictions: Sendable {
  /// Ten probabilities an image.
  public let probabilities: [Double]
  /// The most probable class of each image.
  public let labels: [UInt8]
  /// What each member says.
  public let opinions: [Opinion]

  /// Ten probabilities an image, and the opinions that they come from.
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
