import Augmentation
import Competition
import Ensembling
import Foundations
import Options
import Runs
import Scoring
import Synchronization

/// An ensemble that threads ask one after another.
final class Predictor: Sendable {
  /// Below which confidence answers are unsure.
  let doubt: Doubt
  /// The ensemble's description, for `/v1/model`.
  let model: JSON
  /// The classes.
  let classes: Classes
  private let names: [String]
  private let preprocessings: [Preprocessing]
  private let ensemble: Mutex<Ensemble>

  /// A predictor of an ensemble that no one else uses.
  init(_ ensemble: sending Ensemble, doubt: Doubt) {
    self.doubt = doubt
    classes = ensemble.classes
    names = ensemble.members.map(\.path)
    let used = Set(ensemble.members.map(\.checkpoint.origin.preprocessing))
    preprocessings = Preprocessing.allCases.filter(used.contains)
    model = Self.description(of: ensemble, doubt)
    self.ensemble = Mutex(ensemble)
  }

  /// The answer to an image.
  ///
  /// - Parameters:
  ///   - pixels: 784 bytes, row by row, from 0 (paper) to 255 (ink).
  ///   - withMap: Whether the answer has an occlusion map, which takes some hundred predictions.
  func answer(to pixels: [UInt8], withMap: Bool) throws(KitError) -> Answer {
    var answer = Answer(pixels: pixels)
    // A speck is no digit, though every network would give it one.
    guard pixels.count(where: { $0 >= 64 }) >= 4 else { return answer }
    try ensemble.withLock { ensemble throws(KitError) in
      let predictions = try ensemble.predict(pixels)
      answer.probabilities = predictions.probabilities
      answer.digit = Int(predictions.labels[0])
      answer.name = classes.name(predictions.labels[0])
      answer.members = zip(names, predictions.opinions).map { name, opinion in
        (name, Int(opinion.answers[0]), opinion.probabilities)
      }
      answer.preprocessed = preprocessings.map { ($0, ensemble.preprocessed(pixels, by: $0)) }
      if withMap { answer.occlusion = try ensemble.occlusionMap(of: pixels) }
    }
    answer.isUnsure = answer.confidence < doubt.threshold
    return answer
  }

  private static func description(of ensemble: Ensemble, _ doubt: Doubt) -> JSON {
    let members = ensemble.members.map { member in
      let origin = member.checkpoint.origin
      return JSON.object([
        ("name", .string(member.path)), ("source", .string(ensemble.sources[member.source])),
        ("network", .string(member.checkpoint.weights.network.network.notation)),
        ("preprocessing", .string(origin.preprocessing.rawValue)), ("epoch", .integer(origin.epoch)),
        ("validation-accuracy", origin.validationAccuracy.map { .number($0) } ?? .null),
      ])
    }
    return .object(
      [
        ("kit", .string(kitVersion)), ("sources", .array(ensemble.sources.map { .string($0) })),
        ("members", .array(members)), ("classes", .array(ensemble.classes.names.map { .string($0) })),
      ] + ensemble.options.prediction.fields + [
        (
          "unsure",
          .object([("below", .number(doubt.threshold)), ("origin", .string(doubt.origin))])
        ),
        ("accepts", .array(ImageBody.types.map { .string($0) })),
      ])
  }
}

/// What the service says of an image.
struct Answer {
  /// The image.
  let pixels: [UInt8]
  /// A probability of each class; none if the image is empty.
  var probabilities: [Double] = []
  /// The most probable class, such as the digit; nil if the image is empty.
  var digit: Int?
  /// What it is called.
  var name: String?
  /// Whether the confidence is so low that the answer is often wrong.
  var isUnsure = false
  /// What each member says.
  var members: [(name: String, digit: Int, probabilities: [Double])] = []
  /// The image as members see it, for each preprocessing among them.
  var preprocessed: [(Preprocessing, pixels: [UInt8])] = []
  /// How much each pixel matters, if it was asked for.
  var occlusion: [Double]?

  init(pixels: [UInt8]) { self.pixels = pixels }

  /// The largest probability.
  var confidence: Double { probabilities.max() ?? 0 }

  /// The answer as `/openapi.json` describes it.
  var json: JSON {
    func numbers(_ values: [Double]) -> JSON { .array(values.map { .number($0) }) }
    func bytes(_ values: [UInt8]) -> JSON { .array(values.map { .integer(Int($0)) }) }
    return .object([
      ("state", .string(digit == nil ? "empty" : isUnsure ? "unsure" : "ok")),
      ("digit", digit.map { .integer($0) } ?? .null), ("class", name.map { .string($0) } ?? .null),
      ("confidence", .number(confidence)),
      ("probabilities", numbers(probabilities)),
      (
        "members",
        .array(
          members.map {
            .object([
              ("name", .string($0.name)), ("digit", .integer($0.digit)),
              ("probabilities", numbers($0.probabilities)),
            ])
          })
      ),
      ("pixels", bytes(pixels)),
      (
        "preprocessed",
        .array(
          preprocessed.map {
            .object([("preprocessing", .string($0.0.rawValue)), ("pixels", bytes($0.pixels))])
          })
      ),
      ("occlusion", occlusion.map { numbers($0.map { ($0 * 1e4).rounded() / 1e4 }) } ?? .null),
    ])
  }
}
