import Augmentation
import Checkpoints
import Competition
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Runs
import SyntheticDigits
import TestSupport

/// Images that exported networks and the kit both read: drawn digits, and the images for which preprocessing is a special
/// case.
enum Rows {
  static let pixels: [UInt8] = {
    let count = DigitTable.pixelCount
    var images: [[UInt8]] = [[UInt8](repeating: 0, count: count), [UInt8](repeating: 255, count: count)]
    // A single pixel, a single row, a single column, a diagonal, a dot in a corner and noise.
    for ink in [
      [406], Array(280..<300), stride(from: 14, to: 784, by: 28).map { $0 }, (0..<28).map { $0 * 29 }, [0],
    ] {
      var image = images[0]
      for place in ink { image[place] = 200 }
      images.append(image)
    }
    images.append(noise(count, seed: 9))
    let sample = SyntheticSample(trainRows: 1, testRows: 992, seed: 5)
    return images.flatMap { $0 } + (0..<992).flatMap { sample.testRow($0).pixels }
  }()

  /// They as a `test.csv`.
  static var table: String {
    let header = (0..<DigitTable.pixelCount).map { "pixel\($0)" }.joined(separator: ",")
    let rows = stride(from: 0, to: pixels.count, by: DigitTable.pixelCount).map { start in
      pixels[start..<start + DigitTable.pixelCount].map { "\($0)" }.joined(separator: ",")
    }
    return ([header] + rows).joined(separator: "\n") + "\n"
  }
}

/// A checkpoint whose every tensor has random numbers, far enough apart that the answers differ.
func checkpoint(
  _ notation: String, _ preprocessing: Preprocessing, seed: UInt64, classes: Classes = .digits
) throws -> Checkpoint {
  let network = try ShapedNetwork(
    Network(notation: notation), side: DigitTable.side, classes: classes.count)
  let weights = Weights(initializing: network, seed: seed)
  var random = RandomStream(Philox(seed: seed), .sample)
  for tensor in network.tensors {
    let range: (low: Double, high: Double)? =
      switch tensor.shape.name {
      case "weight": nil
      case "gamma", "moving_variance": (0.5, 2)
      default: (-0.3, 0.3)
      }
    let values = weights.values(of: tensor).map { value in
      range.map { Float(random.uniform($0.low, $0.high)) } ?? 1.5 * value
    }
    weights.assign(values, to: tensor)
  }
  return Checkpoint(
    weights,
    origin: Checkpoint.Origin(
      seed: seed, member: 1, epoch: 3, validationAccuracy: 0.5, validationLoss: 2, rowsDigest: "none",
      limit: nil, splitSeed: 1, splitFraction: 0.2, isSelected: false, preprocessing: preprocessing,
      classes: classes, fold: nil))
}

/// Writes such a checkpoint; its path.
func written(
  _ notation: String, _ preprocessing: Preprocessing = .none, seed: UInt64 = 1, in folder: String,
  as name: String, classes: Classes = .digits
) throws -> String {
  let path = "\(folder)/\(name).safetensors"
  try checkpoint(notation, preprocessing, seed: seed, classes: classes).write(to: path, replacing: false)
  return path
}

/// An ensemble of checkpoints.
func ensemble(
  _ paths: [String], average: Average = .arithmetic, weights: [Double]? = nil, views: Int = 1
) throws -> Ensemble {
  var options = Ensemble.Options(weights: weights)
  options.prediction.average = average
  options.prediction.views = views
  return try Ensemble(sources: paths, options: options, threads: 2, kernels: InstructionSets.detected())
}

/// What an ensemble answers to `Rows`, as `submit --probabilities` writes it.
func probabilities(_ ensemble: Ensemble) throws -> String {
  let values = try ensemble.predict(Rows.pixels).probabilities
  let count = ensemble.classes.count
  let rows = stride(from: 0, to: values.count, by: count).map { start in
    "\(start / count + 1)," + values[start..<start + count].map { "\($0)" }.joined(separator: ",")
  }
  let titles = (0..<count).map { "p\($0)" }.joined(separator: ",")
  return (["ImageId,\(titles)"] + rows).joined(separator: "\n") + "\n"
}
