import Foundation
import Foundations
import Platform
import TestSupport

/// Gives inputs to a reader, one after the other, with bounds on what each may take.
final class Trial {
  enum Result: Equatable {
    case accepted, refused
    case found(String)
  }

  /// Seconds of processor time that an input may take: more is found; after ten on the clock the process ends.
  static let slow = 1.0
  static let hang: UInt32 = 10
  /// Bytes by which an input may make the process grow.
  static let large = 256 << 20

  private let target: Target
  private let path: String
  /// Written over and over: cheaper than a new file.
  private let file: Int32
  /// The longest processor time that an input took, in seconds, and by how many bytes one made the process grow.
  private(set) var (longest, largest) = (0.0, 0)

  /// - Parameter scratch: the path of a file for the inputs; it holds the last one when the process ends.
  init(_ target: Target, scratch: String) throws {
    self.target = target
    path = scratch
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw TestProblem("\(path) can't be written: \(systemMessage(errno))") }
  }

  deinit { close(file) }

  /// What becomes of an input.
  func run(_ bytes: [UInt8]) -> Result {
    ftruncate(file, 0)
    bytes.withUnsafeBytes { _ = pwrite(file, $0.baseAddress, $0.count, 0) }
    let before = Self.usage()
    alarm(Self.hang)
    var result = Result.accepted
    do {
      try target.run(Input(bytes: bytes, path: path, copy: "\(path).copy"))
    } catch is KitError {
      result = .refused
    } catch {
      result = .found("\(error)")
    }
    alarm(0)
    let after = Self.usage()
    let (seconds, growth) = (after.seconds - before.seconds, after.memory - before.memory)
    (longest, largest) = (max(longest, seconds), max(largest, growth))
    if seconds > Self.slow { return .found("takes more than \(Self.slow) s") }
    if growth > Self.large { return .found("takes more than \(Self.large >> 20) MiB") }
    return result
  }

  /// The processor time that this process has taken, which says more than the clock on a busy machine, and the most memory
  /// that it has had, in bytes.
  private static func usage() -> (seconds: Double, memory: Int) {
    var usage = rusage()
    // RUSAGE_SELF, whose type differs between the systems.
    getrusage(0, &usage)
    let seconds = [usage.ru_utime, usage.ru_stime].reduce(0) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
    }
    return (seconds, mostMemory(usage))
  }
}
