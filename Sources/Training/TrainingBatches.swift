import Augmentation
import Competition
import Compute
import Foundations
import NeuralNetworks
import Runs

/// The steps' images of a member's training: in which order, and what is done to them.
struct TrainingBatches {
  /// Steps of an epoch that visits all rows; the last one may have fewer images.
  var steps: Int { steps(over: rows) }
  private let configuration: Configuration
  private let table: DigitTable
  private let rows: [Int]
  private let kernels: any InstructionSet
  private let random: Philox
  private let preprocessing: Preprocessing
  private let augmenter: ImageAugmenter

  /// The batches of some rows of a table, for a member's training.
  init(
    _ configuration: Configuration, member: Int, table: DigitTable, rows: [Int], kernels: any InstructionSet
  ) {
    self.configuration = configuration
    self.table = table
    self.rows = rows
    self.kernels = kernels
    random = Philox(seed: configuration.seed(ofMember: member))
    preprocessing = configuration.preprocessing(ofMember: member)
    augmenter = ImageAugmenter(
      configuration.augmentation, of: preprocessing, side: DigitTable.side, random, kernels)
  }

  /// The rows in the order of an epoch, counted from 0.
  func order(epoch: Int) -> [Int] {
    var stream = RandomStream(random, .shuffle, epoch: epoch)
    return stream.permutation(rows.count).map { rows[$0] }
  }

  /// Steps of an epoch over some rows.
  func steps(over order: [Int]) -> Int { (order.count + configuration.batch - 1) / configuration.batch }

  /// A step's rows.
  func batch(_ step: Int, of order: [Int]) -> ArraySlice<Int> {
    let size = configuration.batch
    return order[step * size..<min((step + 1) * size, order.count)]
  }

  /// The loss of some rows in an epoch, and the gradients for the next step.
  func run(
    _ backpropagation: Backpropagation, _ rows: ArraySlice<Int>, epoch: Int, statisticsShare: Float
  ) -> Backpropagation.BatchLoss {
    backpropagation.run(
      rows: rows, labels: rows.map { table.labels[$0] }, epoch: epoch, statisticsShare: statisticsShare
    ) { position, pixels in
      fill(row: rows[rows.startIndex + position], epoch: epoch, pixels)
    }
  }

  /// A training image: augmented by the draws for its row and epoch.
  private func fill(row: Int, epoch: Int, _ pixels: UnsafeMutablePointer<Float>) {
    if epoch >= configuration.epochs - configuration.plainEpochs { return plain(row: row, pixels) }
    table.withPixels(of: row) { augmenter.apply(row: row, epoch: epoch, $0, to: pixels) }
  }

  /// An image of the table as it is predicted.
  func plain(row: Int, _ pixels: UnsafeMutablePointer<Float>) {
    table.withPixels(of: row) { preprocessing.write($0, side: DigitTable.side, to: pixels, kernels) }
  }
}
