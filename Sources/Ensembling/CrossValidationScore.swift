import Compute
import Foundations
import Runs
import Scoring
import Training

/// The result of a finished cross-validation: each row predicted by the members that did not see it.
public struct CrossValidationScore: Sendable {
  /// The folds in order.
  public let folds: [FoldScore]
  /// All rows that were held out; with repeats or members, by the average of the members that did not see them.
  public let outOfFold: Evaluation
  /// How the members' probabilities were combined.
  public let prediction: PredictionSettings
  /// What the members predict for each row.
  public let predictions: Predictions
  /// Each member on the rows that it did not see: fold after fold, member after member.
  public let members: [Evaluation]
  /// The gain of averaging; nil if each row was predicted by one member.
  public let memberGain: MemberGain?
  /// What test-time augmentation changes, against the images as they are; nil without.
  public let viewsGain: PairedComparison?

  /// Predicts the held-out rows of a finished run. `progress` is told how many members are done, and of how many.
  public init(
    of run: CrossValidationRun, threads: Int, kernels: any InstructionSet,
    progress: (_ done: Int, _ members: Int) -> Void
  ) throws(KitError) {
    let sources = run.runs.map(\.directory.path)
    let heldOut = HeldOutRows(of: run)
    func ensemble(_ settings: PredictionSettings) throws(KitError) -> Ensemble {
      try Ensemble(
        sources: sources, options: Ensemble.Options(settings), threads: threads, kernels: kernels)
    }
    prediction = run.prediction
    let whole = try ensemble(prediction)
    let count = whole.members.count
    let work = count * (prediction.views > 1 ? 2 : 1)
    predictions = try whole.predict(run.table, rows: heldOut.rows, places: heldOut.ofMembers) {
      progress($0, work)
    }
    outOfFold = heldOut.evaluation(predictions)
    memberGain = MemberGain(predictions, labels: heldOut.labels)
    members = predictions.opinions.map { heldOut.evaluation($0.probabilities, at: $0.places) }
    if prediction.views > 1 {
      var plain = prediction
      plain.views = 1
      let answers = try ensemble(plain).predict(run.table, rows: heldOut.rows, places: heldOut.ofMembers) {
        progress(count + $0, work)
      }
      viewsGain = try PairedComparison(of: outOfFold, against: heldOut.evaluation(answers))
    } else {
      viewsGain = nil
    }
    let opinions = predictions.opinions
    folds = run.runs.enumerated().map { index, fold in
      let own = index * run.configuration.members..<(index + 1) * run.configuration.members
      let answers = whole.combine(opinions.filter { own.contains($0.member) }, count: heldOut.rows.count)
      let evaluation = heldOut.evaluation(ofFold: index, answers)
      let epochs = whole.members[own].map(\.checkpoint.origin.epoch)
      return FoldScore(
        number: fold.foldNumber, repetition: run.folds.repetition(of: fold.foldNumber),
        rows: evaluation.rows.count, accuracy: evaluation.accuracy, logLoss: evaluation.logLoss,
        epochs: epochs, seconds: Self.seconds(of: fold))
    }
  }

  /// Seconds that a fold's members trained; nil where those of an epoch are not known.
  private static func seconds(of fold: TrainingRun) -> Double? {
    var sum = 0.0
    for task in fold.tasks {
      guard let timings = try? TimingsFile.read(TimingsFile.path(in: task.member.path)),
        timings.map(\.epoch) == Array(1...fold.configuration.epochs)
      else { return nil }
      sum += timings.reduce(0) { $0 + $1.seconds }
    }
    return sum
  }

  /// Mean of the folds' accuracies and their sample standard deviation, which a single fold has none of.
  public var accuracy: (mean: Double, deviation: Double?) { meanAndDeviation(folds.map(\.accuracy)) }

  /// Mean of the folds' log losses and their sample standard deviation, which a single fold has none of.
  public var logLoss: (mean: Double, deviation: Double?) { meanAndDeviation(folds.map(\.logLoss)) }

  /// Writes the folds' scores, the out-of-fold predictions, where several members predict a row, theirs, and all scores
  /// into the run's folder. Returns the last as JSON.
  public func write(for run: CrossValidationRun) throws(KitError) -> JSON {
    let folder = run.directory.path
    let outOfFoldPath = OutOfFoldFile.path(in: folder)
    try FoldsFile.write(folds, to: FoldsFile.path(in: folder))
    try OutOfFoldFile.write(outOfFold, to: outOfFoldPath)
    if run.configuration.members * run.folds.repeats > 1 {
      try MemberPredictionsFile.write(memberPredictions(run), to: MemberPredictionsFile.path(in: folder))
    }
    return try CrossValidationFile(
      rowsDigest: run.rowsDigest, outOfFoldDigest: SHA256.hexadecimal(ofFileAt: outOfFoldPath),
      prediction: prediction, folds: folds, averagingGain: memberGain, testTimeGain: viewsGain
    ).write(to: folder, of: run.configuration, outOfFold)
  }

  /// For each row the class that each member predicts: a column for each repeat and member.
  private func memberPredictions(_ run: CrossValidationRun) -> MemberPredictions {
    let (members, repeats) = (run.configuration.members, run.folds.repeats)
    // nil in a repeat whose fold with the row was not trained.
    var answers = [[UInt8?]](
      repeating: [UInt8?](repeating: nil, count: outOfFold.rows.count), count: members * repeats)
    for opinion in predictions.opinions {
      let (place, member) = opinion.member.quotientAndRemainder(dividingBy: members)
      let column = (run.folds.repetition(of: run.runs[place].foldNumber) - 1) * members + member
      for (answer, place) in zip(opinion.answers, opinion.places) { answers[column][place] = answer }
    }
    let names = (1...repeats).flatMap { repetition in
      (1...members).map { "repeat_\(repetition)_member_\($0)" }
    }
    return MemberPredictions(rows: outOfFold.rows, names: names, answers: answers)
  }
}

/// The rows that the folds of a cross-validation hold out.
private struct HeldOutRows {
  /// The classes of their table.
  let classes: Classes
  /// All of them, ascending, from 0.
  let rows: [Int]
  /// Their labels.
  let labels: [UInt8]
  /// For each fold the places in `rows` of its own.
  let ofFolds: [[Int]]
  /// For each member, fold after fold, the places in `rows` of its fold's.
  let ofMembers: [[Int]]

  init(of run: CrossValidationRun) {
    classes = run.table.classes
    var isHeldOut = [Bool](repeating: false, count: run.table.count)
    for run in run.runs { for row in run.split.heldOut { isHeldOut[row] = true } }
    rows = isHeldOut.indices.filter { isHeldOut[$0] }
    var place = [Int](repeating: 0, count: run.table.count)
    for (index, row) in rows.enumerated() { place[row] = index }
    labels = rows.map { run.table.labels[$0] }
    ofFolds = run.runs.map { run in run.split.heldOut.map { place[$0] } }
    ofMembers = ofFolds.flatMap { Array(repeating: $0, count: run.configuration.members) }
  }

  func evaluation(_ predictions: Predictions) -> Evaluation {
    Evaluation(rows: rows, labels: labels, probabilities: predictions.probabilities, kinds: classes)
  }

  /// A fold's own rows with the predictions that are for all.
  func evaluation(ofFold fold: Int, _ predictions: Predictions) -> Evaluation {
    let classes = classes.count
    return evaluation(
      ofFolds[fold].flatMap { predictions.probabilities[$0 * classes..<($0 + 1) * classes] },
      at: ofFolds[fold])
  }

  /// The evaluation of probabilities for the rows at some places.
  func evaluation(_ probabilities: [Double], at places: [Int]) -> Evaluation {
    Evaluation(
      rows: places.map { rows[$0] }, labels: places.map { labels[$0] }, probabilities: probabilities,
      kinds: classes)
  }
}
