import Augmentation
import Competition
import Compute
import Foundations
import Runs
import Scoring

/// What one run came to, for a person who wants to judge it and do better: what goes into its page.
///
/// Parts without values are left out.
public struct RunReport: Sendable {
  /// One network's training.
  public struct TrainingRecord: Sendable {
    /// `member 2` or `fold 3`.
    public var name: String
    /// Its epochs.
    public var history: History
    /// What an epoch took, on average; nil where nobody knows.
    public var secondsPerEpoch: Double?
    /// What its validation rows are: `4,200 rows held out`.
    public var validatedOn: String
    /// Which epoch's weights were kept.
    public var selection: Selection

    /// All fields, see each.
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

  /// What a fold's own rows were predicted like.
  public struct Fold: Sendable {
    /// The fold, as it is named elsewhere.
    public var name: String
    /// Rows that it predicted.
    public var rows: Int
    /// The share of them that is right.
    public var accuracy: Double
    /// Their mean loss.
    public var logLoss: Double
    /// The epoch whose weights predicted them.
    public var bestEpoch: Int
    /// What its training took.
    public var seconds: Double?

    /// All fields, see each.
    public init(
      name: String, rows: Int, accuracy: Double, logLoss: Double, bestEpoch: Int, seconds: Double? = nil
    ) {
      self.name = name
      self.rows = rows
      self.accuracy = accuracy
      self.logLoss = logLoss
      self.bestEpoch = bestEpoch
      self.seconds = seconds
    }
  }

  /// What is done to training images, and what it takes to show it.
  public struct AugmentationExample: Sendable {
    /// The bounds of the draws.
    public var augmentation: ImageAugmentation
    /// How the images are set first.
    public var preprocessing: Preprocessing
    /// What they derive from: a member's seed shows what that member saw.
    public var seed: UInt64
    /// What maps the pixels; all sets give the same ones.
    public var kernels: InstructionSet

    /// All fields, see each.
    public init(
      augmentation: ImageAugmentation, preprocessing: Preprocessing = .none, seed: UInt64,
      kernels: InstructionSet
    ) {
      self.augmentation = augmentation
      self.preprocessing = preprocessing
      self.seed = seed
      self.kernels = kernels
    }
  }

  /// Names the run, in the page's heading.
  public var title: String
  /// What the page is, above its title; nil for what the folds tell.
  public var kind: String?
  /// The file whose lines are named.
  public var tableName = "train.csv"
  /// The scored rows; nil where none were held out.
  public var evaluation: Evaluation?
  /// What the score is on and whether it flatters, as a sentence; without an evaluation, why there is none.
  public var scoredOn: String
  /// What was run: network, parameters, optimizer, machine and so on.
  public var facts: [(name: String, value: String)] = []
  /// How to run it again, and whatever else can be done with it.
  public var commands: [(purpose: String, command: String)] = []
  /// What to do next, shown with the score.
  public var next: (purpose: String, command: String)?
  /// The trainings, for the curves.
  public var trainings: [TrainingRecord] = []
  /// A cross-validation's folds.
  public var folds: [Fold] = []
  /// The table whose rows were scored, for pictures; without it there are none.
  public var table: DigitTable?
  /// Rows whose labels look wrong, the most doubtful first, by their places in `evaluation.rows`; nil if not looked for.
  public var doubtful: [(place: Int, suggested: UInt8)]?
  /// The members' names, for `disagreements`.
  public var members: [String] = []
  /// Rows that the members answer differently, by their places in `evaluation.rows`, with an answer a member; nil if
  /// not looked for.
  public var disagreements: [(place: Int, answers: [UInt8])]?
  /// What was done to training images; nil where nothing was.
  public var augmentation: AugmentationExample?
  /// What else is to be known, as the gain of an ensemble with its interval.
  public var remarks: [(title: String, text: String)] = []

  /// A report of what is set afterwards.
  public init(title: String, evaluation: Evaluation?, scoredOn: String) {
    self.title = title
    self.evaluation = evaluation
    self.scoredOn = scoredOn
  }

  /// The page.
  public var report: Report {
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
    var rows = folds.map {
      [
        $0.name, percent($0.accuracy), fixed($0.logLoss, 4), grouped($0.rows), "\($0.bestEpoch)",
        $0.seconds.map(duration) ?? "–",
      ]
    }
    let accuracy = meanAndDeviation(folds.map(\.accuracy))
    let loss = meanAndDeviation(folds.map(\.logLoss))
    rows.append([
      "mean ± SD", "\(fixed(accuracy.mean * 100, 2)) ± \(percent(accuracy.deviation))",
      "\(fixed(loss.mean, 4)) ± \(fixed(loss.deviation, 4))", "", "", "",
    ])
    let columns: [Column] = [
      .text("fold"), .number("accuracy"), .number("log loss"), .number("rows"), .number("epoch"),
      .number("training"),
    ]
    return ReportPart(
      section: .init(
        id: "folds", title: "Folds",
        body: paragraph(
          "Each fold's rows were predicted by what was trained on the others. SD is the standard deviation of the folds."
        )
          + tableBox("Folds", columns, rows, footers: 1)))
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
