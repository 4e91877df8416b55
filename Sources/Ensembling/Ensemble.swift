import Augmentation
import Checkpoints
import Competition
import Compute
import Foundations
import KernelShapes
import NeuralNetworks
import Runs
import Scoring

/// Checkpoints that predict together: the kit's one predictor.
///
/// Each member's probabilities are the mean over the views of test-time augmentation; the members' are combined by the
/// rule of `Options.average`, in the members' order.
public final class Ensemble {
  /// How the members' answers become one.
  public struct Options: Sendable {
    /// The rule.
    public var average = Average.arithmetic
    /// A weight for each source, which its members share equally; nil weighs all members alike.
    public var weights: [Double]?
    /// Views of test-time augmentation; 1 for the image as it is alone.
    public var views = 1

    /// The mean of all members' probabilities.
    public init() {}

    /// Refuses numbers out of range (`usage`), naming the option.
    public func validate(sources: Int) throws(KitError) {
      guard (1...TestTimeView.all.count).contains(views) else {
        throw KitError(.usage, "--tta is \(views); from 1 to \(TestTimeView.all.count) views are possible")
      }
      guard let weights else { return }
      guard weights.count == sources else {
        throw KitError(
          .usage, "--weights has \(weights.count) numbers for \(sources) sources; each source takes one")
      }
      guard weights.allSatisfy({ $0.isFinite && $0 >= 0 }), weights.contains(where: { $0 > 0 }) else {
        throw KitError(.usage, "--weights takes numbers from 0, of which one is above 0")
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
  /// How their answers become one.
  public let options: Options
  private let views: [AffineMap?]
  private let pool: ThreadPool
  private let kernels: InstructionSet
  /// A prediction for each network of the members, by its notation: its memory serves them all, one after another.
  private var networkPredictions: [String: Prediction] = [:]

  /// Reads the checkpoints, of any networks, that arguments stand for; see `checkpointPaths`.
  public init(
    sources: [String], options: Options = Options(), threads: Int, kernels: InstructionSet
  ) throws(KitError) {
    try options.validate(sources: sources.count)
    self.sources = sources
    self.options = options
    self.kernels = kernels
    var members: [Member] = []
    for (source, paths) in try checkpointPaths(sources).enumerated() {
      // One whose weight is 0 need not be asked.
      if let weights = options.weights, weights[source] == 0 { continue }
      for path in paths {
        let checkpoint = try Checkpoint(reading: path, side: DigitTable.side)
        members.append(Member(path: path, checkpoint: checkpoint, source: source))
      }
    }
    self.members = members
    views = TestTimeView.all.prefix(options.views).map { $0.map(side: DigitTable.side) }
    pool = ThreadPool(threads: threads)
  }

  /// Predicts images, 784 bytes each. Throws `badData` if a checkpoint's weights, finite but huge, lead to no number.
  public func predict(_ pixels: [UInt8]) throws(KitError) -> Predictions {
    let count = pixels.count / DigitTable.pixelCount
    let opinions = try opinions(of: members.map { _ in Array(0..<count) }) { place, body in
      pixels.withUnsafeBufferPointer { buffer in
        if let start = buffer.baseAddress { body(start + place * DigitTable.pixelCount) }
      }
    }
    return combine(opinions, count: count)
  }

  /// Predicts rows of a table, each by those members for which it is among their `places` in `rows`; each row must be
  /// among some member's. `progress` is told how many members are done.
  public func predict(
    _ table: DigitTable, rows: [Int], places: [[Int]]? = nil, progress: (_ members: Int) -> Void = { _ in }
  ) throws(KitError) -> Predictions {
    let places = places ?? members.map { _ in Array(rows.indices) }
    let opinions = try opinions(of: places, progress: progress) { place, body in
      table.withPixels(of: rows[place], body)
    }
    return combine(opinions, count: rows.count)
  }

  /// The answer of some opinions, by the ensemble's rule and weights.
  public func combine(_ opinions: [Opinion], count: Int) -> Predictions {
    // How many of a source's members were asked about an image: they share its weight.
    var asked: [[Int]] = []
    if options.weights != nil {
      asked = sources.map { _ in [Int](repeating: 0, count: count) }
      for opinion in opinions {
        for place in opinion.places { asked[members[opinion.member].source][place] += 1 }
      }
    }
    let probabilities = options.average.combine(opinions, count: count) { number, place in
      guard let weights = options.weights else { return 1 }
      let source = members[opinions[number].member].source
      return weights[source] / Double(asked[source][place])
    }
    return Predictions(probabilities: probabilities, opinions: opinions)
  }

  private func prediction(with weights: Weights) -> Prediction {
    let notation = weights.network.network.notation
    if let prediction = networkPredictions[notation] {
      prediction.use(weights)
      return prediction
    }
    let prediction = Prediction(weights: weights, pool: pool, kernels: kernels)
    networkPredictions[notation] = prediction
    return prediction
  }

  private func opinions(
    of places: [[Int]], progress: (Int) -> Void = { _ in },
    withPixels: (_ place: Int, (UnsafePointer<UInt8>) -> Void) -> Void
  ) throws(KitError) -> [Opinion] {
    var opinions: [Opinion] = []
    for (number, member) in members.enumerated() where !places[number].isEmpty {
      let asked = places[number]
      let preprocessing = member.checkpoint.origin.preprocessing
      let prediction = prediction(with: member.checkpoint.weights)
      var sums = [Double](repeating: 0, count: 0)
      for view in views {
        let probabilities = prediction.probabilities(asked.count) { image, target in
          withPixels(asked[image]) {
            preprocessing.write($0, side: DigitTable.side, under: view, to: target, kernels)
          }
        }
        guard probabilities.allSatisfy(\.isFinite) else {
          throw KitError(
            .badData, "\(member.path) predicts no number for some image; its training diverged")
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
