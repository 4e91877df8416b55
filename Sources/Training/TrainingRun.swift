import Competition
import Compute
import Foundations
import NeuralNetworks
import Runs

/// The training of all members of a run, begun or resumed.
public struct TrainingRun: Sendable {
  /// Where it is written.
  public let directory: RunDirectory
  /// What is computed.
  public let configuration: Configuration
  /// The rows that train, that validate, and that are held out.
  public let split: RowSplit
  /// The networks with their shapes, the members taking turns.
  private let networks: [ShapedNetwork]
  /// All rows.
  public let table: DigitTable
  private let rowsDigest: String

  /// Begins a run: its configuration is written, so that it can be resumed from here on.
  ///
  /// What can be refused is refused, and all that takes time is done, before the output is made: a run that it replaces
  /// is there until then.
  ///
  /// - Throws: As `RowSplit` and `RunDirectory` do.
  public static func begin(
    _ configuration: Configuration, table: DigitTable, data: String, output: String?, force: Bool
  ) throws(KitError) -> TrainingRun {
    let split = try configuration.split(of: table)
    let file = try ConfigurationFile(configuration, data: data, table: table)
    let networks = try file.configuration.shapedNetworks()
    let directory = try RunDirectory(creating: output, force: force, for: configuration)
    return try TrainingRun(file, in: directory, table: table, split: split, networks: networks)
  }

  /// Resumes a run with the same rows, for `epochs` if given. Throws `badData` if the rows are not the same.
  public init(
    resuming directory: RunDirectory, table: DigitTable, epochs: Int?, data: String
  ) throws(KitError) {
    let file = try ConfigurationFile(ofRun: directory.path)
      .resumed(directory.path, table: table, data: data, epochs: epochs)
    try self.init(
      file, in: directory, table: table, split: file.configuration.split(of: table),
      networks: file.configuration.shapedNetworks())
  }

  init(
    _ file: ConfigurationFile, in directory: RunDirectory, table: DigitTable, split: RowSplit,
    networks: [ShapedNetwork]
  ) throws(KitError) {
    self.directory = directory
    configuration = file.configuration
    self.table = table
    self.split = split
    self.networks = networks
    rowsDigest = file.rowsDigest
    for number in 1...configuration.members { try directory.member(number).write(file) }
  }

  /// Refuses (`usage`) trainings that don't fit this machine's memory, before anything is written or allocated.
  ///
  /// - Parameter tasks: How many there are, of which as many run at once as there are threads; nil for all that the
  ///   configuration says.
  public static func requireMemory(
    for configuration: Configuration, tasks: Int? = nil, threads: Int
  ) throws(KitError) {
    let networks = configuration.networks.joined(separator: ",")
    try requirePhysicalMemory(
      memoryBytes(for: configuration, tasks: tasks, threads: threads),
      for: "training \(networks) with --batch \(configuration.batch)",
      remedy: "A smaller network, or a smaller --batch, may fit")
  }

  /// The bytes that trainings need, without the rows.
  public static func memoryBytes(
    for configuration: Configuration, tasks: Int? = nil, threads: Int
  ) throws(KitError) -> Double {
    let tasks = tasks ?? configuration.members * (configuration.folds?.trainings ?? 1)
    let lanes = min(tasks, threads)
    // The weights, the best ones, an optimizer's two moments and, with an average, the averaged weights and a copy; and
    // four copies of a state on its way into a file, which holds all of these but that copy.
    let copies = configuration.averaging == .none ? 4 + 4 * 4 : 6 + 4 * 5
    let bytes = try configuration.shapedNetworks().map { network in
      let steps = Backpropagation.memoryBytes(
        of: network, batch: configuration.batch, threads: max(1, threads / lanes))
      return steps + 4 * copies * network.parameterCount
    }
    return Double(lanes) * Double(bytes.max() ?? 0)
  }

  /// The number of the fold that it holds out, from 1; 1 without folds.
  public var foldNumber: Int { configuration.folds?.number ?? 1 }

  /// Whether all members have done their epochs, by their files.
  var isFinished: Bool {
    tasks.allSatisfy { task in
      guard let progress = MemberDirectory.progress(in: task.member.path) else { return false }
      return progress.done >= progress.planned
    }
  }

  /// The members' trainings.
  public var tasks: [TrainingTask] {
    (1...configuration.members).map {
      TrainingTask(
        configuration: configuration, member: directory.member($0), table: table, split: split,
        network: networks.turn(of: $0), rowsDigest: rowsDigest)
    }
  }
}
