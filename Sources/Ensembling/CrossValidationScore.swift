import Compute
import Foundations
import Runs
import Scoring
import Training

/// What a finished cross-validation comes to: each row predicted by the models that did not see it.
public struct CrossValidationScore: Sendable {
  /// One fold's.
  public struct Fold: Sendable {
    /// The fold, numbered through the repeats.
    public let number: Int
    /// The repeat, from 1.
    public let repetition: Int
    /// Rows that were held out.
    public let rows: Int
    /// Accuracy on them.
    public let accuracy: Double
    /// Log loss on them.
    public let logLoss: Double
    /// The epoch of each member's weights.
    public let epochs: [Int]
    /// Seconds that the members trained.
    public let seconds: Double
  }

  /// The folds in order.
  public let folds: [Fold]
  /// All rows that were held out; with repeats or members, by the average of the models that did not see them.
  public let outOfFold: Evaluation
  /// How the models' answers became one.
  public let options: Ensemble.Options
  /// What the models say of each row.
  public let predictions: Predictions
  /// Each model on the rows that it did not see: fold after fold, member after member.
  public let members: [Evaluation]
  /// The gain of averaging; nil if each row was read by one model.
  public let memberGain: MemberGain?
  /// What the views of test-time augmentation change, against the images as they are; nil without.
  public let viewsGain: PairedComparison?

  /// Predicts the held-out rows of a finished run. `progress` is told how many models are done, and of how many.
  public init(
    of run: CrossValidationRun, options: Ensemble.Options, threads: Int, kernels: InstructionSet,
    progress: (_ done: Int, _ models: Int) -> Void
  ) throws(KitError) {
    self.options = options
    let ensemble = try Ensemble(
      sources: run.runs.map(\.directory.path), options: options, threads: threads, kernels: kernels)
    var isHeldOut = [Bool](repeating: false, count: run.table.count)
    for run in run.runs { for row in run.split.heldOut { isHeldOut[row] = true } }
    let rows = isHeldOut.indices.filter { isHeldOut[$0] }
    var place = [Int](repeating: 0, count: run.table.count)
    for (index, row) in rows.enumerated() { place[row] = index }
    let labels = rows.map { run.table.labels[$0] }
    let heldOut = run.runs.map { run in run.split.heldOut.map { place[$0] } }
    let places = heldOut.flatMap { Array(repeating: $0, count: run.configuration.members) }
    let models = ensemble.members.count * (options.views > 1 ? 2 : 1)
    predictions = try ensemble.predict(run.table, rows: rows, places: places) { progress($0, models) }
    outOfFold = Evaluation(rows: rows, labels: labels, probabilities: predictions.probabilities)
    memberGain = MemberGain(predictions, labels: labels)
    members = predictions.opinions.map { opinion in
      Evaluation(
        rows: opinion.places.map { rows[$0] }, labels: opinion.places.map { labels[$0] },
        probabilities: opinion.probabilities)
    }
    if options.views > 1 {
      var plainOptions = options
      plainOptions.views = 1
      let plain = try Ensemble(
        sources: run.runs.map(\.directory.path), options: plainOptions, threads: threads, kernels: kernels)
      let done = ensemble.members.count
      let answers = try plain.predict(run.table, rows: rows, places: places) { progress(done + $0, models) }
      viewsGain = try PairedComparison(
        of: outOfFold, against: Evaluation(rows: rows, labels: labels, probabilities: answers.probabilities))
    } else {
      viewsGain = nil
    }
    let classes = DigitClass.count
    var folds: [Fold] = []
    for (index, part) in run.runs.enumerated() {
      let first = index * run.configuration.members
      let own = first..<first + run.configuration.members
      let answers = ensemble.combine(
        predictions.opinions.filter { own.contains($0.member) }, count: rows.count)
      let evaluation = Evaluation(
        rows: part.split.heldOut, labels: heldOut[index].map { labels[$0] },
        probabilities: heldOut[index].flatMap { answers.probabilities[$0 * classes..<($0 + 1) * classes] })
      var seconds = 0.0
      for member in RunDirectory.members(of: part.directory.path) {
        seconds += try member.readSeconds().reduce(0, +)
      }
      folds.append(
        Fold(
          number: part.foldNumber, repetition: run.folds.repetition(of: part.foldNumber),
          rows: evaluation.rows.count,
          accuracy: evaluation.accuracy, logLoss: evaluation.logLoss,
          epochs: ensemble.members[own].map(\.checkpoint.origin.epoch), seconds: seconds))
    }
    self.folds = folds
  }

  /// Mean and sample standard deviation of the folds' accuracies.
  public var accuracy: (mean: Double, deviation: Double) { meanAndDeviation(folds.map(\.accuracy)) }

  /// Mean and sample standard deviation of the folds' log losses.
  public var logLoss: (mean: Double, deviation: Double) { meanAndDeviation(folds.map(\.logLoss)) }

  /// `folds.csv`: a row a fold. Its seconds are this machine's, so the file is in no byte promise.
  public var foldsCSV: String {
    var text = "fold,repeat,rows,accuracy,log_loss,best_epoch,seconds\n"
    for fold in folds {
      let epochs = fold.epochs.map { "\($0)" }.joined(separator: " ")
      text += "\(fold.number),\(fold.repetition),\(fold.rows),\(fold.accuracy),\(fold.logLoss),\(epochs)"
      text += ",\((fold.seconds * 1000).rounded() / 1000)\n"
    }
    return text
  }

  /// What `cross-validation.json` says, of files that are there.
  private func json(of run: CrossValidationRun) throws(KitError) -> JSON {
    let folds = folds.map { fold in
      JSON.object([
        ("fold", .integer(fold.number)), ("repeat", .integer(fold.repetition)), ("rows", .integer(fold.rows)),
        ("accuracy", .number(fold.accuracy)), ("log-loss", .number(fold.logLoss)),
        ("epochs", .array(fold.epochs.map { .integer($0) })),
      ])
    }
    return .object([
      ("kit", .string(kitVersion)), ("run", .string(run.directory.path)),
      ("rows-digest", .string(run.rowsDigest)),
      (
        "out-of-fold-sha256",
        .string(try SHA256.hexadecimal(ofFileAt: OutOfFoldFile.path(in: run.directory.path)))
      ),
      ("options", .object(run.configuration.fields)),
      ("average", .string(options.average.rawValue)), ("test-time-views", .integer(options.views)),
      ("accuracy-mean", .number(accuracy.mean)), ("accuracy-deviation", .number(accuracy.deviation)),
      ("log-loss-mean", .number(logLoss.mean)), ("log-loss-deviation", .number(logLoss.deviation)),
      ("out-of-fold", outOfFold.json), ("averaging-gain", memberGain?.json ?? .null),
      ("test-time-gain", viewsGain?.json ?? .null), ("folds", .array(folds)),
    ])
  }

  /// Writes `folds.csv`, `out-of-fold.csv`, `cross-validation.json` and, where several models read a row,
  /// `member-predictions.csv`. Returns what the third says.
  public func write(for run: CrossValidationRun) throws(KitError) -> JSON {
    let folder = run.directory.path
    try WholeFile.write(foldsCSV, to: "\(folder)/folds.csv", replacing: true)
    try OutOfFoldFile.write(outOfFold, to: OutOfFoldFile.path(in: folder))
    if let csv = memberPredictionsCSV(run) {
      try WholeFile.write(csv, to: "\(folder)/member-predictions.csv", replacing: true)
    }
    let json = try json(of: run)
    try WholeFile.write(
      json.serialized(pretty: true) + "\n", to: "\(folder)/cross-validation.json", replacing: true)
    return json
  }

  /// For each row the class that each of its models says: a column for each repeat and member. Nil if there is but one.
  private func memberPredictionsCSV(_ run: CrossValidationRun) -> String? {
    let (members, repeats) = (run.configuration.members, run.folds.repeats)
    guard members * repeats > 1 else { return nil }
    // None from a repeat whose fold with the row was not trained.
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
    var text = "row," + names.joined(separator: ",") + "\n"
    for (place, row) in outOfFold.rows.enumerated() {
      text += "\(row)"
      for column in answers { text += column[place].map { ",\($0)" } ?? "," }
      text += "\n"
    }
    return text
  }
}
