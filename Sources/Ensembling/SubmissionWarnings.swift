import Competition
import Foundations
import Runs

/// Why a submission, or scores of a table, may be worthless, a sentence for each reason: pixels of another scale, or swapped, or otherwise unlike
/// those of the training rows; one class for most images.
///
/// Without figures of the training rows, tables are compared with what holds for all of Kaggle's kind: 0 is paper and ink is
/// well above 1. How much ink there is on average is compared only with the training rows', since other digits than MNIST's
/// have more or less; a table of fewer than 100 images may differ by chance.
///
/// - Parameters:
///   - predicted: How many images were predicted as each digit.
///   - test: The test images' pixels.
///   - name: The test table's.
///   - training: What the checkpoints were trained on.
///   - classes: The classes.
public func submissionWarnings(
  predicted: [Int], test: PixelStatistics, name: String, training: TrainingFigures, classes: Classes = .digits
) -> [String] {
  guard test.images > 0 else { return [] }
  var warnings: [String] = []
  let known = training.pixels
  let most = known?.largest ?? 255
  let isScaled = test.largest <= 1 && most > 1 || test.largest > 1 && most <= 1
  let isInverted = test.isInverted != known?.isInverted ?? false
  if isScaled {
    warnings.append(
      "the largest pixel of \(name) is \(test.largest), but the network was trained on pixels up to \(most); write them in the same scale"
    )
  }
  if isInverted {
    warnings.append(
      "paper is darker than ink in \(name)\(known == nil ? "" : ", unlike in the training rows"); in Kaggle's tables 0 is paper and 255 is ink"
    )
  }
  if let known, !isScaled, !isInverted, test.images >= fewest, known.images >= fewest {
    let figures: [(what: String, test: Double, training: Double, digits: Int)] = [
      ("the mean pixel is", test.mean, known.mean, 1),
      ("the share of pixels above 0 is", test.inkShare, known.inkShare, 3),
    ]
    for figure in figures
    where figure.test != figure.training && !(0.75...1.33).contains(figure.test / figure.training) {
      warnings.append(
        "\(figure.what) \(fixed(figure.test, figure.digits)) in \(name) and \(fixed(figure.training, figure.digits)) in the training rows; were both made in the same way?"
      )
    }
  }
  let (count, rows) = (predicted.max() ?? 0, training.digitCounts.reduce(0, +))
  let digit = predicted.firstIndex(of: count) ?? 0
  let isUsual =
    rows > 0 && training.digitCounts.indices.contains(digit)
    && Double(training.digitCounts[digit]) > 0.3 * Double(rows)
  // Of two or three classes one has most images without being suspicious.
  if test.images >= fewest, classes.count > 3, 2 * count > test.images, !isUsual {
    let usual =
      classes.areDigits
      ? "in Kaggle's test.csv each digit has about a tenth" : "no class has so many of the training rows"
    warnings.append(
      "\(grouped(count)) of \(grouped(test.images)) images are predicted as \(classes.name(digit)); \(usual)")
  }
  return warnings
}

/// Images below which shares and means vary by chance.
private let fewest = 100
