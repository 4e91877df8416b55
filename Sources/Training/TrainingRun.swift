import Competition
import Compute
import Foundations
import NeuralNetworks
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The training of all members of a run: begun or resumed, side by side over the processors.
public struct TrainingRun: Sendable {
  /// Where it is written.
  public let directory: RunDirectory
  /// What is computed.
  public let configuration: Configuration
  /// The rows that train and those that validate.
  public let split: StratifiedSplit
  /// The network with its shapes.
  public let network: FittedNetwork
  /// All rows.
  public let table: DigitTable
  private let rowsDigest: String

  /// Begins a run: its configuration is written, so that it can be resumed from here on.
  public init(
    _ configuration: Configuration, in directory: RunDirectory, table: DigitTable, split: StratifiedSplit,
    network: FittedNetwork, data: String
  ) throws(KitError) {
    self.directory = directory
    self.configuration = configuration
    self.table = table
    self.split = split
    self.network = network
    rowsDigest = table.digest()
    for number in 1...configuration.members {
      try directory.member(number).write(configuration, data: data, rowsDigest: rowsDigest)
    }
  }

  /// What a run's configuration file says: the options, and where the data was.
  public static func saved(
    in directory: RunDirectory
  ) throws(KitError) -> (configuration: Configuration, data: String, rowsDigest: String) {
    let path = directory.member(1).configuration
    let json = try JSON.parse(InputFile.bytes(ofFileAt: path, limit: 1 << 20), from: path)
    guard let data = json["data"]?.string, let digest = json["rows-digest"]?.string,
      let options = json["options"]
    else { throw KitError(.badData, "\(path): 'data', 'rows-digest' or 'options' is missing") }
    return (try Configuration(options, from: path), data, digest)
  }

  /// Continues a run with the same rows, for `epochs` if given. Throws `badData` if the rows are others.
  public init(
    resuming directory: RunDirectory, table: DigitTable, epochs: Int?, data: String
  ) throws(KitError) {
    var (configuration, _, rowsDigest) = try Self.saved(in: directory)
    if let epochs {
      guard epochs >= configuration.epochs else {
        throw KitError(
          .usage,
          "--epochs \(epochs) is fewer than the run's \(configuration.epochs); --resume can only add some")
      }
      let schedule = configuration.schedule
      guard epochs == configuration.epochs || schedule == .constant || schedule == .step else {
        throw KitError(
          .usage,
          "--epochs \(epochs) can't be added to a run with the schedule \(schedule.rawValue), which ends with epoch "
            + "\(configuration.epochs); train anew with --epochs \(epochs)")
      }
      configuration.epochs = epochs
    }
    guard table.digest() == rowsDigest else {
      throw KitError(.badData, "\(data) holds other rows than \(directory.path) was trained on")
    }
    self.directory = directory
    self.configuration = configuration
    self.table = table
    self.rowsDigest = rowsDigest
    network = try FittedNetwork(Network(notation: configuration.network), side: DigitTable.side)
    split = try configuration.split(of: table)
    for number in 1...configuration.members {
      try directory.member(number).write(configuration, data: data, rowsDigest: rowsDigest)
    }
  }

  /// Refuses (`usage`) what this machine's memory can't hold, before anything is written or taken.
  public static func requireMemory(
    for network: FittedNetwork, _ configuration: Configuration, threads: Int
  ) throws(KitError) {
    let lanes = min(configuration.members, threads)
    let needed =
      Double(lanes)
      * Backpropagation.memoryBytes(of: network, batch: configuration.batch, threads: max(1, threads / lanes))
    let physical = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
    if needed > physical * 0.9 {
      throw KitError(
        .usage,
        "training \(configuration.network) with --batch \(configuration.batch) takes \(fixed(needed / 1e9, 1)) "
          + "GB of memory; this machine has \(fixed(physical / 1e9, 1)) GB. A smaller network, or a smaller "
          + "--batch, may fit")
    }
  }

  /// How many members are trained at once: one a thread, since a member alone on a core waits for nobody.
  public func lanes(threads: Int) -> Int { min(configuration.members, threads) }

  /// Trains all members; false if it was asked to stop before they were done.
  ///
  /// An error of one member lets the others finish, then it is thrown. `observe` is called from the members' threads.
  public func fit(
    threads: Int, kernels: InstructionSet, isStopping: @escaping @Sendable () -> Bool,
    observe: @escaping @Sendable (_ member: Int, _ lane: Int, TrainingEvent) -> Void
  ) throws(KitError) -> Bool {
    let lanes = lanes(threads: threads)
    let failures = Mutex<[(member: Int, error: KitError)]>([])
    let isComplete = Mutex(true)
    for first in stride(from: 1, through: configuration.members, by: lanes) {
      let members = Array(first...min(first + lanes - 1, configuration.members))
      // The last members may be fewer than the threads, which they then share out.
      ThreadPool(threads: members.count).forEach(members.count) { _, lane in
        do throws(KitError) {
          let end = try train(members[lane], threads: threads / members.count, kernels, isStopping) {
            observe(members[lane], lane, $0)
          }
          if case .stopped = end { isComplete.withLock { $0 = false } }
        } catch {
          failures.withLock { $0.append((members[lane], error)) }
        }
      }
      if isStopping() && first + lanes <= configuration.members { isComplete.withLock { $0 = false } }
      if !isComplete.withLock({ $0 }) { break }
    }
    if let failure = failures.withLock({ $0.min { $0.member < $1.member } }) { throw failure.error }
    return isComplete.withLock { $0 }
  }

  private func train(
    _ number: Int, threads: Int, _ kernels: InstructionSet, _ isStopping: () -> Bool,
    observe: (TrainingEvent) -> Void
  ) throws(KitError) -> Trainer.End {
    let member = directory.member(number)
    let state: TrainingState
    if MemberDirectory.exists(member.state) {
      state = try TrainingState(reading: member.state, side: DigitTable.side, epochs: configuration.epochs)
      guard state.configuration == configuration, state.rowsDigest == rowsDigest, state.member == number
      else {
        throw KitError(.badData, "\(member.state) belongs to another training than \(member.configuration)")
      }
      let (rows, batch) = (split.training.count, configuration.batch)
      guard (0...(rows + batch - 1) / batch).contains(state.step), (0...rows).contains(state.correct) else {
        throw KitError(.badData, "\(member.state): its step is none of an epoch of \(rows) rows")
      }
    } else {
      state = TrainingState(configuration, member: number, network: network, rowsDigest: rowsDigest)
    }
    let trainer = Trainer(
      state, directory: member, table: table, split: split, threads: threads, kernels: kernels)
    return try trainer.fit(isStopping: isStopping, observe: observe)
  }
}
