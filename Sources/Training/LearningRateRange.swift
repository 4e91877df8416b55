import Competition
import Compute
import Foundations
import NeuralNetworks
import Runs

/// The loss while the learning rate rises from step to step, by which a learning rate is chosen (Smith, 2017: "Cyclical
/// learning rates for training neural networks").
public struct LearningRateRange: Sendable {
  /// A step of the test.
  public struct Point: Sendable {
    /// The step's learning rate.
    public let learningRate: Double
    /// The loss of the steps so far, as an exponential mean that forgets a step at a time.
    public let loss: Double
  }

  /// The steps, by rising learning rate; the last one is where the loss left for good, or the end of the range.
  public let points: [Point]

  /// The learning rates that are tried, from the first to the last in equal factors.
  public static let range = 1e-6...10.0
  /// Steps from one power of ten to the next.
  private static let stepsPerDecade = 40
  /// What the mean keeps at each step of what it was.
  private static let memory = 0.95
  /// The test ends where the loss is so many times the lowest.
  private static let divergence = 4.0

  /// Trains a configuration's first member for some hundred steps; nothing is written.
  ///
  /// - Parameters:
  ///   - rows: The rows to train on.
  ///   - progress: Is told steps that are done, and of how many at most; false ends the test.
  /// - Throws: `stopped` if `progress` says so; `usage` if there are no rows.
  public init(
    of configuration: Configuration, table: DigitTable, rows: [Int], threads: Int,
    kernels: any InstructionSet,
    progress: (_ done: Int, _ of: Int) -> Bool
  ) throws(KitError) {
    guard !rows.isEmpty, let network = try configuration.shapedNetworks().first else {
      throw KitError(.usage, "there are no rows to train on")
    }
    let batches = TrainingBatches(configuration, member: 1, table: table, rows: rows, kernels: kernels)
    let seed = configuration.seed(ofMember: 1)
    let weights = Weights(initializing: network, seed: seed, configuration.initialization)
    let optimizer = OptimizerState(
      configuration.optimizer, weightDecay: configuration.weightDecay, parameterCount: network.parameterCount)
    let backpropagation = Backpropagation(
      weights: weights, batch: min(configuration.batch, rows.count), seed: seed,
      labelSmoothing: configuration.labelSmoothing, pool: ThreadPool(threads: threads), kernels: kernels)
    let (first, last) = (Self.range.lowerBound, Self.range.upperBound)
    let steps = Int(Double(Self.stepsPerDecade) * Elementary.log(last / first) / Elementary.log(10))
    var points: [Point] = []
    var (mean, lowest) = (0.0, Double.infinity)
    var order: [Int] = []
    for step in 0...steps {
      guard progress(step, steps) else {
        throw KitError(.stopped, "stopped before a learning rate was found; nothing was written")
      }
      let (epoch, place) = (step / batches.steps, step % batches.steps)
      let learningRate = first * Elementary.exp(Elementary.log(last / first) * Double(step) / Double(steps))
      if place == 0 { order = batches.order(epoch: epoch) }
      let result = batches.run(
        backpropagation, batches.batch(place, of: order), epoch: epoch,
        statisticsShare: BatchNormalization.statisticsShare(step: step))
      let loss = result.losses.reduce(0, +) / Double(result.losses.count)
      guard loss.isFinite else { break }
      mean = Self.memory * mean + (1 - Self.memory) * loss
      let smoothed = mean / (1 - Elementary.exp(Elementary.log(Self.memory) * Double(step + 1)))
      points.append(Point(learningRate: learningRate, loss: smoothed))
      // The first losses vary as much as their batches.
      if step >= Self.stepsPerDecade { lowest = min(lowest, smoothed) }
      if smoothed > Self.divergence * lowest { break }
      backpropagation.step(optimizer, learningRate: learningRate)
    }
    self.points = points
  }

  /// A range of known points.
  init(points: [Point]) { self.points = points }

  /// Where the loss is lowest; nil without points.
  public var lowest: Point? {
    points.min { ($0.loss, $0.learningRate) < ($1.loss, $1.learningRate) }
  }

  /// The learning rate to try, rounded to one digit: where 85 % of the loss's fall is done, but at most a third of
  /// where it is lowest, which may be just before it rises. On the plateau between them the lowest point is chance.
  ///
  /// Nil if the loss never fell by a tenth, so that the test says nothing.
  public var suggestion: Double? {
    guard let lowest, let first = points.first, lowest.loss < 0.9 * first.loss else { return nil }
    let low = lowest.loss + 0.15 * (first.loss - lowest.loss)
    guard let reached = points.first(where: { $0.loss <= low }) else { return nil }
    return roundedToOneDigit(min(reached.learningRate, lowest.learningRate / 3))
  }
}

/// The nearest number of the form digit · 10^exponent.
private func roundedToOneDigit(_ number: Double) -> Double {
  var (digit, power) = (number, 0)
  while digit < 1 { (digit, power) = (digit * 10, power - 1) }
  while digit >= 9.5 { (digit, power) = (digit / 10, power + 1) }
  return Double("\(Int(digit.rounded()))e\(power)") ?? number
}
