import Augmentation
import Competition
import Compute
import Foundations
import Runs
import Scoring

/// The results of a run, for a person who wants to judge it and do better: what goes into its page.
///
/// Parts without values are left out.
public struct RunReport: Sendable {
  /// One network's training.
  public struct TrainingRecord: Sendable {
    /// `member 2` or `fold 3`.
    public var name: String
    /// Its epochs.
    public var history: History
    /// Seconds of an epoch, on average; nil if unknown.
    public var secondsPerEpoch: Double?
    /// What its validation rows are: `4,200 rows held out`.
    public var validatedOn: String
    /// Which epoch's weights were kept.
    public var selection: Selection

    /// A value of each field.
    public init(
      name: String, history: History, secondsPerEpoch: Double? = nil, validatedOn: String = "",
      selection: Selection = .best
    ) {
      self.name = name
      self.history = history
      self.secondsPerEpoch = secondsPerEpoch
      self.validatedOn = validatedOn
      self.selection = selection
    }

    /// The epoch whose weights were kept; nil without validation rows.
    var kept: EpochRecord? {
      history.kept(by: selection).flatMap { $0.validationAccuracy == nil ? nil : $0 }
    }
  }

  /// The augmentation, and what is needed to show it.
  public struct AugmentationExample: Sendable {
    /// The bounds of the draws.
    public var augmentation: ImageAugmentation
    /// The preprocessing before it.
    public var preprocessing: Preprocessing
    /// The seed of the draws: a member's seed shows what that member saw.
    public var seed: UInt64
    /// The kernels that map the pixels; all instruction sets give the same ones.
    public var kernels: any InstructionSet

    /// A value of each field.
    public init(
      augmentation: ImageAugmentation, preprocessing: Preprocessing = .none, seed: UInt64,
      kernels: any InstructionSet
    ) {
      self.augmentation = augmentation
      self.preprocessing = preprocessing
      self.seed = seed
      self.kernels = kernels
    }
  }

  /// Names the run, in the page's heading.
  public var title: String
  /// What the page is, above its title; nil for a run or, with folds, a cross-validation.
  public var kind: String?
  /// The file whose lines are named.
  public var tableName = "train.csv"
  /// The scored rows; nil where none were held out.
  public var evaluation: Evaluation?
  /// Which rows the score is on and whether it is optimistic, as a sentence; without an evaluation, why there is none.
  public var scoredOn: String
  /// What was run: network, parameters, optimizer, machine and so on.
  public var facts: [(name: String, value: String)] = []
  /// How to run it again, and whatever else can be done with it.
  public var commands: [(purpose: String, command: String)] = []
  /// What to do next, shown with the score.
  public var next: (purpose: String, command: String)?
  /// The trainings, for the curves.
  public var trainings: [TrainingRecord] = []
  /// The names of trainings whose history is missing, so that they have no curves.
  public var withoutHistory: [String] = []
  /// The scores of a cross-validation's folds.
  public var folds: [FoldScore] = []
  /// The table whose rows were scored, for pictures; without it there are none.
  public var table: DigitTable?
  /// Where the members look in some of the errors, by the errors' places in `evaluation.rows`: a value for each pixel.
  public var occlusionMaps: [Int: [Double]] = [:]
  /// Rows whose labels look wrong, the most doubtful first, by their places in `evaluation.rows`; nil if not looked for.
  public var doubtful: [(place: Int, suggested: UInt8)]?
  /// The members' names, for `disagreements`.
  public var members: [String] = []
  /// Rows that the members classify differently, by their places in `evaluation.rows`, with each member's class, nil if it
  /// predicts the row not at all; nil if not looked for.
  public var disagreements: [(place: Int, answers: [UInt8?])]?
  /// What was done to training images; nil where nothing was.
  public var augmentation: AugmentationExample?
  /// Further results, such as the gain of an ensemble with its interval.
  public var remarks: [(title: String, text: String)] = []

  /// A report whose other parts are set afterwards.
  public init(title: String, evaluation: Evaluation?, scoredOn: String) {
    self.title = title
    self.evaluation = evaluation
    self.scoredOn = scoredOn
  }

  /// The page.
  public var page: Report {
    Report(
      title: title, kind: kind ?? (folds.isEmpty ? "report of a run" : "report of a cross-validation"),
      lead: lead,
      parts: [runPart, learningPart, foldPart, remarkPart] + scoredParts + [augmentationPart])
  }

  /// The evaluation if it has rows.
  var scored: Evaluation? { evaluation.flatMap { $0.rows.isEmpty ? nil : $0 } }

  private var lead: String {
    var html = "<div class=\"lead\">\n"
    if let scored {
      let interval = scored.accuracyInterval
      let wrong = scored.rows.count - scored.correct
      let values = [
        (
          "\(fixed(interval.lowerBound * 100, 2)) – \(percent(interval.upperBound))", "95 % interval"
        ),
        ("\(grouped(wrong)) of \(grouped(scored.rows.count))", "rows wrong"),
        (fixed(scored.logLoss, 4), "log loss"),
        (percent(scored.expectedCalibrationError), "calibration error"),
      ]
      let items = values.map { "<div><p class=\"value\">\($0)</p><p class=\"label\">\($1)</p></div>" }
      html += """
        <div class="score"><div><p class="big">\(percent(scored.accuracy))</p>\
        <p class="label">accuracy</p></div><div class="values">\(items.joined())</div></div>

        """
    }
    html += paragraph(scoredOn, "note") + "\n"
    if let next { html += "<div class=\"next\">\(commandList([next]))</div>\n" }
    return html + "</div>"
  }

  private var runPart: ReportPart? {
    if facts.isEmpty && commands.isEmpty { return nil }
    var body = facts.isEmpty ? "" : factList(facts)
    if !commands.isEmpty { body += "<h3>Run it again</h3>\n" + commandList(commands) }
    return ReportPart(section: .init(id: "run", title: "What was run", body: body))
  }

  private var remarkPart: ReportPart? {
    if remarks.isEmpty { return nil }
    let items = remarks.map {
      "<div class=\"remark\"><h3>\(escaped($0.title))</h3>\(paragraph($0.text))</div>"
    }
    return ReportPart(
      section: .init(id: "remarks", title: "What made a difference", body: items.joined(separator: "\n")))
  }

  private var foldPart: ReportPart? {
    if folds.isEmpty { return nil }
    let isRepeated = folds.contains { $0.repetition > 1 }
    var rows = folds.map { fold in
      [
        "fold \(fold.number)" + (isRepeated ? " (repeat \(fold.repetition))" : ""), percent(fold.accuracy),
        fixed(fold.logLoss, 4), grouped(fold.rows), Self.text(ofEpochs: fold.epochs),
        fold.seconds.map(duration) ?? "–",
      ]
    }
    let accuracy = meanAndDeviation(folds.map(\.accuracy))
    let loss = meanAndDeviation(folds.map(\.logLoss))
    // One fold has no spread, and its mean is itself.
    if let spread = accuracy.deviation, let lossSpread = loss.deviation {
      rows.append([
        "mean ± SD", "\(fixed(accuracy.mean * 100, 2)) ± \(percent(spread))",
        "\(fixed(loss.mean, 4)) ± \(fixed(lossSpread, 4))", "", "", "",
      ])
    }
    let columns: [Column] = [
      .text("fold"), .number("accuracy"), .number("log loss"), .number("rows"), .number("epoch"),
      .number("training"),
    ]
    return ReportPart(
      section: .init(
        id: "folds", title: "Folds",
        body: paragraph(
          "Each fold's rows were predicted by members that were trained on the other folds."
            + (folds.count > 1 ? " SD is the standard deviation of the folds." : ""))
          + tableBox("Folds", columns, rows, footers: folds.count > 1 ? 1 : 0)))
  }

  /// The epoch of a fold's members, or each one's where they differ: `12`, `9, 12`.
  private static func text(ofEpochs epochs: [Int]) -> String {
    (Set(epochs).count == 1 ? epochs.prefix(1) : epochs[...]).map { "\($0)" }.joined(separator: ", ")
  }
}

/// Seconds as `4.2 s`, `3 min 12 s` or `2 h 5 min`.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
  if seconds < 59.95 { return "\(fixed(seconds, 1))\u{A0}s" }
  let whole = Int(seconds.rounded())
  return whole < 3600
    ? "\(whole / 60)\u{A0}min \(whole % 60)\u{A0}s" : "\(whole / 3600)\u{A0}h \(whole / 60 % 60)\u{A0}min"
}
