import Competition
import Compute
import Foundations
import NeuralNetworks
import Training

/// Checkpoints that predict together: their probabilities' arithmetic mean, added in the members' order.
public final class Ensemble {
  /// What an ensemble says of some images.
  public struct Predictions: Sendable {
    /// Ten mean probabilities an image.
    public let probabilities: [Double]
    /// The most probable class of each image.
    public let labels: [UInt8]
    /// How many images the members' own answers differ on.
    public let disagreements: Int
  }

  /// The files the members came from, in order.
  public let paths: [String]
  /// The members.
  public let checkpoints: [Checkpoint]
  private let pool: ThreadPool
  private let kernels: InstructionSet

  /// Reads checkpoints, of any networks.
  public init(paths: [String], threads: Int, kernels: InstructionSet) throws(KitError) {
    self.paths = paths
    self.kernels = kernels
    var checkpoints: [Checkpoint] = []
    for path in paths { checkpoints.append(try Checkpoint(reading: path, side: DigitTable.side)) }
    self.checkpoints = checkpoints
    pool = ThreadPool(threads: threads)
  }

  /// The checkpoints that arguments stand for: a file for itself, a run for its members' best, in order.
  ///
  /// Throws `missingInput` for what is not there or has none yet, `usage` if one is named twice, which would count it
  /// twice.
  public static func checkpointPaths(_ arguments: [String]) throws(KitError) -> [String] {
    var paths: [String] = []
    for argument in arguments {
      guard let names = try? folderEntries(argument) else {
        paths.append(argument)
        continue
      }
      let folder = withoutFinalSlash(argument)
      if names.contains("best.safetensors") {
        paths.append("\(folder)/best.safetensors")
        continue
      }
      let members = RunDirectory.members(of: folder)
      guard !members.isEmpty else {
        throw KitError(
          .missingInput, "\(argument) is no run: it holds neither best.safetensors nor a folder member-1")
      }
      for member in members {
        guard try folderEntries(member.path).contains("best.safetensors") else {
          throw KitError(
            .missingInput,
            "\(member.path) has no checkpoint yet; kaggle-digits train --resume \(folder) goes on with it")
        }
        paths.append(member.best)
      }
    }
    var places: [String] = []
    for path in paths {
      let place = absolutePath(path)
      if places.contains(place) { throw KitError(.usage, "\(path) is named twice") }
      places.append(place)
    }
    return paths
  }

  /// Predicts images, 784 bytes each. Throws `badData` if a checkpoint's weights, finite but huge, lead to no number.
  public func predict(_ pixels: [UInt8]) throws(KitError) -> Predictions {
    let classes = FittedNetwork.classes
    let count = pixels.count / DigitTable.pixelCount
    var sums = [Double](repeating: 0, count: count * classes)
    var answers: [UInt8] = []
    var isDisputed = [Bool](repeating: false, count: count)
    for (path, checkpoint) in zip(paths, checkpoints) {
      // Its memory is given back before the next member takes some.
      let prediction = Prediction(weights: checkpoint.weights, pool: pool, kernels: kernels)
      let probabilities = pixels.withUnsafeBufferPointer { buffer in
        prediction.probabilities(count) { image, target in
          if let start = buffer.baseAddress {
            kernels.scalePixels(DigitTable.pixelCount, start + image * DigitTable.pixelCount, target)
          }
        }
      }
      guard probabilities.allSatisfy(\.isFinite) else {
        throw KitError(.badData, "\(path) predicts no number for some image; its training diverged")
      }
      let labels = Self.labels(probabilities)
      if answers.isEmpty { answers = labels }
      for index in 0..<count where labels[index] != answers[index] { isDisputed[index] = true }
      for index in sums.indices { sums[index] += probabilities[index] }
    }
    for index in sums.indices { sums[index] /= Double(checkpoints.count) }
    return Predictions(
      probabilities: sums, labels: Self.labels(sums),
      disagreements: isDisputed.reduce(0) { $0 + ($1 ? 1 : 0) })
  }

  private static func labels(_ probabilities: [Double]) -> [UInt8] {
    stride(from: 0, to: probabilities.count, by: FittedNetwork.classes).map { start in
      UInt8(SoftmaxCrossEntropy.mostProbable(probabilities[start..<start + FittedNetwork.classes]))
    }
  }
}
