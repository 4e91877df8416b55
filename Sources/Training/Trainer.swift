import Competition
import Compute
import Foundations
import NeuralNetworks
import Runs

/// What a training tells its observers.
public enum TrainingEvent: Sendable {
  /// The training begins, or is resumed after the epochs of a history.
  case begun(History)
  /// All epochs were done before; nothing is written.
  case doneBefore(History)
  /// Another process works on it.
  case runsElsewhere
  /// The loss became NaN or infinite, which of a sweep's trial is the result.
  case diverged
  /// A step is done: images of the epoch so far and in all, and their mean loss.
  case step(epoch: Int, images: Int, of: Int, loss: Double)
  /// An epoch is done and saved; `isBestSoFar` says that no earlier epoch has as good a validation score, which without
  /// validation rows none has.
  case epoch(EpochRecord, isBestSoFar: Bool, seconds: Double)
}

/// Trains one member, starting from its state.
public final class Trainer {
  private let state: TrainingState
  private let directory: MemberDirectory
  private let table: DigitTable
  private let split: RowSplit
  private let pool: ThreadPool
  private let kernels: any InstructionSet
  private let batches: TrainingBatches
  private let saveInterval: Duration
  private var savedAt = ContinuousClock.now
  /// Whether it ended since a loss or a weight was not finite.
  private(set) var hasDiverged = false

  /// Prepares the training that `state` describes, on rows of the table, into a member's directory. The state is saved after
  /// each epoch, and within one when `saveInterval` has passed.
  public init(
    _ state: TrainingState, directory: MemberDirectory, table: DigitTable, split: RowSplit,
    saveInterval: Duration, threads: Int, kernels: any InstructionSet
  ) {
    self.state = state
    self.directory = directory
    self.table = table
    self.split = split
    self.kernels = kernels
    self.saveInterval = saveInterval
    pool = ThreadPool(threads: threads)
    batches = TrainingBatches(
      state.configuration, member: state.member, table: table, rows: split.training, kernels: kernels)
  }

  /// Trains until all epochs are done or `isStopping`, which is called after every step, says so. A training that is done
  /// already is left as it is.
  ///
  /// - Returns: Whether all epochs are done; false if it was asked to stop, with the state saved.
  /// - Throws: `failure` when a loss or a weight is not finite: the files then hold the last good epoch.
  public func fit(
    isStopping: () -> Bool, observe: (TrainingEvent) -> Void
  ) throws(KitError) -> Bool {
    let configuration = state.configuration
    if state.epoch == configuration.epochs, directory.holds(state) {
      observe(.doneBefore(state.history))
      return true
    }
    let backpropagation = Backpropagation(
      weights: state.weights, batch: min(configuration.batch, split.training.count),
      seed: configuration.seed(ofMember: state.member), labelSmoothing: configuration.labelSmoothing,
      pool: pool,
      kernels: kernels)
    let prediction = Prediction(weights: state.keptWeights, pool: pool, kernels: kernels)
    try directory.write(state, finished: nil)
    savedAt = .now
    observe(.begun(state.history))
    while state.epoch < configuration.epochs {
      let start = ContinuousClock.now
      let order = rowsOfEpoch()
      let learningRate = try trainEpoch(
        backpropagation, order, isStopping: isStopping, observe: observe)
      guard let learningRate else {
        guard state.weights.isFinite else { throw diverged() }
        try directory.write(state, finished: nil)
        return false
      }
      averageEpoch(backpropagation)
      let best = state.history.kept(by: .best)
      let record = try finishEpoch(prediction, rows: order.count, learningRate: learningRate)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      try directory.write(state, finished: seconds)
      savedAt = .now
      let isBestSoFar = record.validationAccuracy != nil && record.isBetter(than: best)
      observe(.epoch(record, isBestSoFar: isBestSoFar, seconds: seconds))
    }
    return true
  }

  /// The rows that the epoch visits, in its order.
  private func rowsOfEpoch() -> [Int] {
    let order = batches.order(epoch: state.epoch)
    guard let learnt = state.learnt else { return order }
    let visited = learnt.visited(order, epoch: state.epoch, of: state.configuration.epochs)
    // Of a few rows all may be learnt and out of turn.
    return visited.isEmpty ? order : visited
  }

  /// Does the remaining steps of the epoch over some rows. Returns the last step's learning rate, or nil when stopped.
  private func trainEpoch(
    _ backpropagation: Backpropagation, _ order: [Int], isStopping: () -> Bool,
    observe: (TrainingEvent) -> Void
  ) throws(KitError) -> Double? {
    let configuration = state.configuration
    let steps = batches.steps(over: order)
    // An epoch that visits fewer rows takes the schedule as far as any other.
    let wholeSteps = batches.steps
    func learningRate(_ step: Int) -> Double {
      configuration.learningRate
        * configuration.schedule.factor(
          step: state.epoch * wholeSteps + step * wholeSteps / steps, stepsPerEpoch: wholeSteps,
          epochs: configuration.epochs)
    }
    while state.step < steps {
      let rows = batches.batch(state.step, of: order)
      let share = BatchNormalization.statisticsShare(step: state.epoch * wholeSteps + state.step)
      let loss = batches.run(backpropagation, rows, epoch: state.epoch, statisticsShare: share)
      for value in loss.losses { state.lossSum += value }
      for (row, probability) in zip(rows, loss.labelProbabilities) {
        state.learnt?.note(row, isLearnt: probability >= configuration.skipLearnt)
      }
      guard state.lossSum.isFinite else { throw diverged(step: state.step + 1) }
      backpropagation.step(state.optimizer, learningRate: learningRate(state.step))
      averageStep()
      state.correct += loss.correct
      state.step += 1
      observe(
        .step(
          epoch: state.epoch + 1, images: rows.endIndex, of: order.count,
          loss: state.lossSum / Double(rows.endIndex)))
      if isStopping() { return nil }
      try saveWithinEpoch(of: steps)
    }
    // Not the loop's last one: a run that was stopped after the epoch's last step has no step left.
    return learningRate(steps - 1)
  }

  /// Saves the state if it was not for some time: a machine that is taken away without warning costs no more than that.
  private func saveWithinEpoch(of steps: Int) throws(KitError) {
    guard state.step < steps, ContinuousClock.now - savedAt >= saveInterval else { return }
    guard state.weights.isFinite else { throw diverged() }
    try directory.save(state)
    savedAt = .now
  }

  /// The exponential average's part of a step.
  private func averageStep() {
    guard let average = state.averagedWeights, let decay = state.configuration.averaging.decay else { return }
    let done = Double(state.epoch * batches.steps + state.step)
    move(average, towards: state.weights, by: Float(1 - min(decay, (1 + done) / (10 + done))))
  }

  /// The average's part of an epoch's end: the mean over epochs, and new statistics of batch normalization.
  private func averageEpoch(_ backpropagation: Backpropagation) {
    guard let average = state.averagedWeights else { return }
    if let epochs = state.configuration.averaging.epochs {
      // The first of the averaged epochs is 1; before it the average is what the epoch ended with.
      let number = state.epoch + 1 - (state.configuration.epochs - epochs)
      guard number > 1 else { return average.assign(state.weights) }
      move(average, towards: state.weights, by: 1 / Float(number))
    }
    if average.statistics.count > 0 { renewStatistics(of: average, backpropagation) }
  }

  private func move(_ average: Weights, towards weights: Weights, by share: Float) {
    let (count, piece) = (average.parameters.count, 1 << 14)
    pool.forEach((count + piece - 1) / piece) { _, number in
      let start = number * piece
      kernels.moveTowards(
        MoveTowards(
          count: min(piece, count - start), share: share, value: weights.parameters.pointer + start,
          average: average.parameters.pointer + start))
    }
  }

  /// Batches that statistics are renewed by: thousands of images, whose mean differs from all images' by little.
  private static let renewingBatches = 64

  /// Averaged weights produce activations that no step has seen. Their statistics are the mean of the batches' own, in
  /// the order and with the augmentation of the epoch: the steps' passes with the averaged weights in place of theirs.
  private func renewStatistics(of average: Weights, _ backpropagation: Backpropagation) {
    let weights = Weights(copying: state.weights)
    state.weights.assign(average)
    let order = batches.order(epoch: state.epoch)
    for step in 0..<min(Self.renewingBatches, batches.steps) {
      _ = batches.run(
        backpropagation, batches.batch(step, of: order), epoch: state.epoch,
        statisticsShare: 1 / Float(step + 1))
    }
    average.statistics.assign(state.weights.statistics.array)
    state.weights.assign(weights)
  }

  private func finishEpoch(
    _ prediction: Prediction, rows: Int, learningRate: Double
  ) throws(KitError) -> EpochRecord {
    let count = Double(rows)
    var record = EpochRecord(
      epoch: state.epoch + 1, trainingLoss: state.lossSum / count,
      trainingAccuracy: Double(state.correct) / count, learningRate: learningRate)
    if !split.validation.isEmpty {
      let score = validate(prediction)
      guard score.loss.isFinite else { throw diverged() }
      record.validationLoss = score.loss
      record.validationAccuracy = score.accuracy
    }
    guard state.weights.isFinite, state.keptWeights.isFinite else {
      throw diverged()
    }
    if state.configuration.select == .last || record.isBetter(than: state.selected) {
      state.selected = record
      state.selectedWeights.assign(state.keptWeights)
    }
    state.learnt?.endEpoch()
    state.history.epochs.append(record)
    state.step = 0
    state.lossSum = 0
    state.correct = 0
    return record
  }

  private func validate(_ prediction: Prediction) -> (loss: Double, accuracy: Double) {
    let rows = split.validation
    prediction.use(state.keptWeights)
    let logits = prediction.logits(rows.count) { image, pixels in batches.plain(row: rows[image], pixels) }
    var loss = 0.0
    var correct = 0
    let classes = table.classes.count
    var probabilities = [Double](repeating: 0, count: classes)
    logits.withUnsafeBufferPointer { logits in
      guard let start = logits.baseAddress else { return }
      for (image, row) in rows.enumerated() {
        let result = SoftmaxCrossEntropy.evaluate(
          start + image * classes, classes: classes, label: Int(table.labels[row]),
          probabilities: &probabilities)
        loss += result.loss
        if result.isCorrect { correct += 1 }
      }
    }
    return (loss / Double(rows.count), Double(correct) / Double(rows.count))
  }

  private func diverged(step: Int? = nil) -> KitError {
    hasDiverged = true
    let kept =
      state.epoch == 0 ? "no epoch was finished" : "epoch \(state.epoch) is kept in \(directory.path)"
    return KitError(
      .failure,
      "member \(state.member): the loss became NaN or infinite in epoch \(state.epoch + 1), step \(step ?? state.step) of \(batches.steps(over: rowsOfEpoch()));"
        + " \(kept). Try a lower --learning-rate than \(state.configuration.learningRate)")
  }
}
