import Augmentation
import Checkpoints
import Competition
import Compute
import Foundations
import KernelShapes
import NeuralNetworks
import Runs
import Scoring

/// Checkpoints that predict together.
///
/// Each member's probabilities are the mean over the views of test-time augmentation; the members' are combined by
/// `PredictionSettings.average`, in the members' order.
public final class Ensemble {
  /// How the members' probabilities become one prediction.
  public struct Options: Sendable {
    /// The rule and the views.
    public var prediction: PredictionSettings
    /// A weight for each source, which its members share equally; nil weighs all members alike.
    public var weights: [Double]?

    /// Options as given; by default the mean of all members' probabilities.
    public init(_ prediction: PredictionSettings = PredictionSettings(), weights: [Double]? = nil) {
      self.prediction = prediction
      self.weights = weights
    }

    /// The options that make a command predict so, those that differ from the defaults.
    public var arguments: [String] {
      prediction.arguments
        + (weights.map { ["--weights", $0.map { "\($0)" }.joined(separator: ",")] } ?? [])
    }

    /// Refuses numbers out of range (`usage`), naming the option.
    public func validate(sources: Int) throws(KitError) {
      try prediction.validate()
      guard let weights else { return }
      guard weights.count == sources else {
        throw KitError(
          .usage, "--weights has \(weights.count) numbers for \(sources) sources; each source takes one")
      }
      guard weights.allSatisfy({ $0.isFinite && $0 >= 0 }), weights.contains(where: { $0 > 0 }) else {
        throw KitError(.usage, "--weights takes numbers from 0, at least one of them above 0")
      }
    }
  }

  /// A checkpoint, and which of the sources it came from.
  public struct Member {
    /// The file.
    public let path: String
    /// Its contents.
    public let checkpoint: Checkpoint
    /// The source's place among the arguments.
    public let source: Int
  }

  /// Where the members came from: files, runs and cross-validations as they were named.
  public let sources: [String]
  /// The members, in order.
  public let members: [Member]
  /// The classes that they tell apart.
  public let classes: Classes
  /// How their probabilities become one prediction.
  public let options: Options
  private let views: [AffineMap?]
  private let pool: ThreadPool
  private let kernels: any InstructionSet
  private let keepsPredictions: Bool
  /// The predictions by the number of their member; or by their network's notation, one for all members of the network,
  /// whose memory serves one after another.
  private var predictions: [String: Prediction] = [:]

  /// Reads the checkpoints, of any networks, that arguments stand for; see `checkpointPaths`.
  ///
  /// - Parameter keepsPredictions: Whether each member keeps its memory and what is derived from its weights, which takes
  ///   longer than the prediction of one image: for images that come one by one.
  public init(
    sources: [String], options: Options = Options(), threads: Int, kernels: any InstructionSet,
    keepsPredictions: Bool = false
  ) throws(KitError) {
    self.keepsPredictions = keepsPredictions
    try options.validate(sources: sources.count)
    self.sources = sources
    self.options = options
    self.kernels = kernels
    var members: [Member] = []
    for (source, paths) in try checkpointPaths(sources).enumerated() {
      // Members of weight 0 are skipped.
      if let weights = options.weights, weights[source] == 0 { continue }
      for path in paths {
        let checkpoint = try Checkpoint(reading: path, side: DigitTable.side)
        members.append(Member(path: path, checkpoint: checkpoint, source: source))
      }
    }
    self.members = members
    classes = try Self.commonClasses(of: members)
    views = TestTimeView.all.prefix(options.prediction.views).map { $0.map(side: DigitTable.side) }
    pool = ThreadPool(threads: threads)
  }

  /// The classes of all members. Throws `badData` if they are not the same.
  private static func commonClasses(of members: [Member]) throws(KitError) -> Classes {
    guard let first = members.first else { return .digits }
    let classes = first.checkpoint.origin.classes
    for member in members where member.checkpoint.origin.classes != classes {
      let other = member.checkpoint.origin.classes
      let difference =
        other.count == classes.count
        ? "its classes have other names" : "it has \(other.count) classes, not \(classes.count)"
      throw KitError(.badData, "\(member.path) can't predict together with \(first.path): \(difference)")
    }
    return classes
  }

  /// Predicts images, 784 bytes each. Throws `badData` if a checkpoint's weights, finite but huge, overflow; `stopped` if
  /// the user asks to stop.
  ///
  /// - Parameter asked: The members that predict, at least one; nil for all.
  public func predict(_ pixels: [UInt8], by asked: [Int]? = nil) throws(KitError) -> Predictions {
    let count = pixels.count / DigitTable.pixelCount
    let places = members.indices.map { asked?.contains($0) ?? true ? Array(0..<count) : [] }
    let opinions = try opinions(of: places) { place, body in
      pixels.withUnsafeBufferPointer { buffer in
        if let start = buffer.baseAddress { body(start + place * DigitTable.pixelCount) }
      }
    }
    return combine(opinions, count: count)
  }

  /// Predicts rows of a table.
  ///
  /// - Parameters:
  ///   - rows: the rows, from 0.
  ///   - places: for each member the places in `rows` of those that it predicts, each row by at least one; nil for all
  ///     rows by all members.
  ///   - progress: is told how many members are done.
  public func predict(
    _ table: DigitTable, rows: [Int], places: [[Int]]? = nil, progress: (_ members: Int) -> Void = { _ in }
  ) throws(KitError) -> Predictions {
    let places = places ?? members.map { _ in Array(rows.indices) }
    let opinions = try opinions(of: places, progress: progress) { place, body in
      table.withPixels(of: rows[place], body)
    }
    return combine(opinions, count: rows.count)
  }

  /// Combines some opinions by the ensemble's rule and weights.
  public func combine(_ opinions: [Opinion], count: Int) -> Predictions {
    // How many of a source's members predicted an image: they share its weight.
    var sharing: [[Int]] = []
    if options.weights != nil {
      sharing = sources.map { _ in [Int](repeating: 0, count: count) }
      for opinion in opinions {
        for place in opinion.places { sharing[members[opinion.member].source][place] += 1 }
      }
    }
    let probabilities = options.prediction.average.combine(
      opinions, count: count, classes: classes.count
    ) { number, place in
      guard let weights = options.weights else { return 1 }
      let source = members[opinions[number].member].source
      return weights[source] / Double(sharing[source][place])
    }
    return Predictions(probabilities: probabilities, opinions: opinions, classes: classes.count)
  }

  private func prediction(ofMember number: Int) -> Prediction {
    let weights = members[number].checkpoint.weights
    let key = keepsPredictions ? "\(number)" : weights.network.network.notation
    if let prediction = predictions[key] {
      if !keepsPredictions { prediction.use(weights) }
      return prediction
    }
    let prediction = Prediction(weights: weights, pool: pool, kernels: kernels)
    predictions[key] = prediction
    return prediction
  }

  /// Images that are predicted between two looks at whether to stop: well below a second's work.
  private static let piece = 2048

  /// An image as members with a preprocessing see it, in bytes.
  public func preprocessed(_ pixels: [UInt8], by preprocessing: Preprocessing) -> [UInt8] {
    var seen = [Float](repeating: 0, count: DigitTable.pixelCount)
    pixels.withUnsafeBufferPointer { pixels in
      seen.withUnsafeMutableBufferPointer { seen in
        guard let source = pixels.baseAddress, let target = seen.baseAddress else { return }
        preprocessing.write(source, side: DigitTable.side, under: nil, to: target, kernels)
      }
    }
    return seen.map { UInt8(min(255, max(0, ($0 * 255).rounded()))) }
  }

  private func opinions(
    of places: [[Int]], progress: (Int) -> Void = { _ in },
    withPixels: (_ place: Int, (UnsafePointer<UInt8>) -> Void) -> Void
  ) throws(KitError) -> [Opinion] {
    var opinions: [Opinion] = []
    for (number, member) in members.enumerated() where !places[number].isEmpty {
      let asked = places[number]
      let preprocessing = member.checkpoint.origin.preprocessing
      let prediction = prediction(ofMember: number)
      var sums = [Double](repeating: 0, count: 0)
      for view in views {
        // In pieces, so that a request to stop is heard soon; an image's probabilities do not depend on the others.
        var probabilities: [Double] = []
        probabilities.reserveCapacity(asked.count * classes.count)
        for start in stride(from: 0, to: asked.count, by: Self.piece) {
          try StopRequest.check(while: "predicting")
          probabilities += prediction.probabilities(min(Self.piece, asked.count - start)) { image, target in
            withPixels(asked[start + image]) {
              preprocessing.write($0, side: DigitTable.side, under: view, to: target, kernels)
            }
          }
        }
        guard probabilities.allSatisfy(\.isFinite) else {
          throw KitError(
            .badData, "\(member.path) predicts NaN for some image; its training diverged")
        }
        if sums.isEmpty {
          sums = probabilities
        } else {
          for index in sums.indices { sums[index] += probabilities[index] }
        }
      }
      if views.count > 1 { for index in sums.indices { sums[index] /= Double(views.count) } }
      opinions.append(Opinion(member: number, places: asked, probabilities: sums))
      progress(number + 1)
    }
    return opinions
  }
}
