import Competition
import Foundations
import NeuralNetworks
import Platform
import Runs
import Scoring

/// Every run, cross-validation and submission in a folder and the folders in it, with its scores.
public struct Leaderboard: Sendable {
  /// What a row is about.
  public enum Kind: String, Sendable {
    /// A training.
    case run
    /// A cross-validation.
    case crossValidation = "cross-validation"
    /// A submission.
    case submission
  }

  /// What the rows are sorted by; each has its dates as the last criterion.
  public enum Order: String, Sendable, CaseIterable {
    /// The public score, then the accuracy; the highest first.
    case score
    /// The accuracy, the highest first.
    case accuracy
    /// The latest first.
    case when
  }

  /// A line of the table.
  public struct Row: Sendable {
    /// What it is about.
    public let kind: Kind
    /// Its place, from the folder that was searched.
    public let path: String
    /// When it was begun, or the submission written: seconds since 1970.
    public let time: Int
    /// The recipe, with what was changed; nil if unknown.
    public let recipe: String?
    /// The networks, by their names or in the notation, each once.
    public let networks: [String]
    /// How many members.
    public let members: Int
    /// The accuracy on rows that were held out: a mean of members for a run; nil if unknown.
    public let accuracy: Double?
    /// The rows that were scored; nil where they are not known.
    public let rows: ScoredRows?
    /// Which rows: `out of fold` or `validation`; empty without accuracy.
    public let scoredOn: String
    /// What limits the row: `unfinished`, `epoch chosen on these rows`; empty for nothing.
    public let remark: String
    /// The public score; nil without one.
    public let score: PublicScore?
    /// Kaggle's number and its date; nil if it was not uploaded by the kit.
    public let upload: UploadRecord?

    /// Where the public score is expected by the out-of-fold rows, and where it is; nil unless both are known.
    public var expected: (interval: ClosedRange<Double>, verdict: PublicScore.Verdict)? {
      guard kind == .submission, let rows, scoredOn == Leaderboard.outOfFold, let score else { return nil }
      return (score.expected(by: rows), score.verdict(outOfFold: rows))
    }
  }

  /// The rows, sorted.
  public private(set) var rows: [Row] = []
  /// The submissions' manifests, in the order in which they were found.
  public private(set) var manifests: [ManifestFile] = []
  /// What was found and could not be read, a message each.
  public private(set) var problems: [String] = []

  static let outOfFold = "out of fold"
  static let validation = "validation"
  /// Folders in folders: deeper than anybody's, and far from a loop.
  private static let deepest = 16
  /// Larger than a manifest of thousands of checkpoints.
  private static let largestManifest = 1 << 22

  /// Searches a folder. Hidden folders are left out, and links are not followed.
  ///
  /// - Throws: `missingInput` if the folder can't be read; `stopped`.
  public init(of folder: String, sortedBy order: Order) throws(KitError) {
    let folder = withoutFinalSlash(folder)
    _ = try folderEntries(folder)
    try search(try OpenFolder(folder), at: folder == "." ? "" : folder, depth: 0)
    sort(by: order)
  }

  private mutating func sort(by order: Order) {
    func key(_ row: Row) -> (Double, Double, Int) {
      let (score, accuracy) = (row.score?.value ?? -1, row.accuracy ?? -1)
      return switch order {
      case .score: (score, accuracy, row.time)
      case .accuracy: (accuracy, score, row.time)
      case .when: (0, 0, row.time)
      }
    }
    rows.sort { key($0) == key($1) ? $0.path < $1.path : key($0) > key($1) }
  }

  private mutating func search(_ folder: OpenFolder, at path: String, depth: Int) throws(KitError) {
    try StopRequest.check(while: "looking for runs")
    let place = path.isEmpty ? "." : path
    let names = (try? folder.names()) ?? []
    if let row = Self.run(at: place) {
      rows.append(row)
    } else {
      for name in names where name.hasSuffix(".json") && folder.kind(of: name) == .file {
        addSubmission(at: path.isEmpty ? name : "\(path)/\(name)")
      }
    }
    if depth == Self.deepest { return }
    for name in names where !name.hasPrefix(".") && !RunDirectory.isWithinRun(name) {
      guard let inner = folder.folder(name) else { continue }
      try search(inner, at: path.isEmpty ? name : "\(path)/\(name)", depth: depth + 1)
    }
  }

  private mutating func addSubmission(at path: String) {
    guard let size = try? InputFile.size(ofFileAt: path), size <= Self.largestManifest,
      let bytes = try? InputFile.bytes(ofFileAt: path, limit: Self.largestManifest),
      let json = try? JSON.parse(bytes, from: path), json["kit"]?.string != nil,
      json["submission"]?.string != nil
    else { return }
    do throws(KitError) {
      let manifest = try ManifestFile(reading: path)
      // A part of a submission is none.
      if manifest.part != nil { return }
      manifests.append(manifest)
      rows.append(Self.row(of: manifest))
    } catch {
      problems.append(error.message)
    }
  }

  private static func row(of manifest: ManifestFile) -> Row {
    let upload = manifest.lastUpload
    let accuracies = manifest.checkpoints.compactMap(\.validationAccuracy)
    let isValidated = !accuracies.isEmpty && accuracies.count == manifest.checkpoints.count
    let mean = isValidated ? meanAndDeviation(accuracies).mean : nil
    return Row(
      kind: .submission, path: manifest.submissionPath,
      time: modificationTime(ofFileAt: manifest.submissionPath) ?? modificationTime(ofFileAt: manifest.path)
        ?? 0, recipe: manifest.recipe,
      networks: names(of: manifest.checkpoints.map(\.network)), members: manifest.checkpoints.count,
      accuracy: manifest.outOfFold?.accuracy ?? mean, rows: manifest.outOfFold,
      scoredOn: manifest.outOfFold != nil ? outOfFold : mean == nil ? "" : validation,
      remark: manifest.warnings.isEmpty ? "" : "has warnings", score: upload?.score, upload: upload)
  }

  /// The row of a run or a cross-validation; nil for another folder.
  private static func run(at path: String) -> Row? {
    guard let command = RunDirectory.command(for: path), let file = try? ConfigurationFile(ofRun: path) else {
      return nil
    }
    let configuration = file.configuration
    let isCrossValidation = command == "cross-validate"
    var members = configuration.members
    var (accuracy, rows): (Double?, ScoredRows?)
    var remark = ""
    if isCrossValidation {
      members *= configuration.folds?.trainings ?? 1
      rows = CrossValidationFile.outOfFold(at: CrossValidationFile.path(in: path))
      accuracy = rows?.accuracy
      if rows == nil { remark = "unfinished" }
    } else {
      let scores = (1...max(1, members)).map {
        score(ofMember: RunDirectory.member($0, of: path), configuration)
      }
      if scores.contains(where: { $0?.isFinished != true }) { remark = "unfinished" }
      let values = scores.compactMap { $0?.accuracy }
      if !values.isEmpty { accuracy = meanAndDeviation(values).mean }
      if let accuracy, let count = validationRows(file) {
        rows = ScoredRows(correct: Int((accuracy * Double(count)).rounded()), of: count)
      }
      if remark.isEmpty, accuracy != nil, configuration.select == .best {
        remark = "epoch chosen on these rows"
      }
    }
    let configurationPath = ConfigurationFile.path(
      in: isCrossValidation ? path : RunDirectory.members(of: path).first?.path ?? path)
    return Row(
      kind: isCrossValidation ? .crossValidation : .run, path: path,
      time: modificationTime(ofFileAt: configurationPath) ?? 0,
      recipe: configuration.recipeText, networks: names(of: configuration.networks), members: members,
      accuracy: accuracy, rows: rows,
      scoredOn: accuracy == nil ? "" : isCrossValidation ? outOfFold : validation, remark: remark, score: nil,
      upload: nil)
  }

  private static func score(
    ofMember member: MemberDirectory, _ configuration: Configuration
  ) -> (accuracy: Double?, isFinished: Bool)? {
    guard let history = try? HistoryFile.read(HistoryFile.path(in: member.path)) else { return nil }
    return (
      history.kept(by: configuration.select)?.validationAccuracy,
      history.epochs.count >= configuration.epochs
    )
  }

  /// How many rows were held out for validation, up to a few; nil if the table's are not known.
  private static func validationRows(_ file: ConfigurationFile) -> Int? {
    guard let all = file.digitCounts?.reduce(0, +) else { return nil }
    let used = min(all, file.configuration.limit ?? all)
    let count = Int((Double(used) * file.configuration.validation).rounded())
    return count > 0 ? count : nil
  }

  private static func names(of notations: [String]) -> [String] {
    var names: [String] = []
    for notation in notations {
      let name = NamedNetwork.name(of: notation)
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}
