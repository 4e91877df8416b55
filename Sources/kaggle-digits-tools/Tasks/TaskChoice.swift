import ArgumentParser
import Foundations
import Platform
import Runs

/// `--task`: a task's number, or that of the job that a cluster has started.
enum TaskNumber: ExpressibleByArgument {
  /// The number itself.
  case number(Int)
  /// The cluster's.
  case auto

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else {
      guard let number = Int(argument), number >= 0 else { return nil }
      self = .number(number)
    }
  }

  /// The variables in which clusters tell a job its number, and from which number they count.
  static let variables: [(name: String, first: Int)] = [
    ("SLURM_ARRAY_TASK_ID", 0), ("JOB_COMPLETION_INDEX", 0), ("AWS_BATCH_JOB_ARRAY_INDEX", 0),
    ("HQ_TASK_ID", 0), ("PARALLEL_SEQ", 1),
  ]

  /// The number. Throws `usage` for `auto` where no cluster tells one.
  func value() throws(KitError) -> Int {
    switch self {
    case .number(let number): return number
    case .auto:
      for (name, first) in Self.variables {
        guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else { continue }
        guard let number = Int(text), number >= first else {
          throw KitError(.usage, "\(name) is '\(text)'; it must be a number from \(first)")
        }
        return number - first
      }
      throw KitError(
        .usage,
        "--task auto is for a job of a cluster: none of \(Self.variables.map(\.name).joined(separator: ", ")) is set"
      )
    }
  }
}

/// Numbers and ranges of numbers: `12,31,40-44`.
struct NumberList: ExpressibleByArgument {
  let numbers: [Int]

  init(_ numbers: [Int]) { self.numbers = numbers }

  init?(argument: String) {
    var numbers: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        first >= 0, first <= last, last - first < 1_000_000, numbers.last ?? -1 < first
      else { return nil }
      numbers += first...last
    }
    self.numbers = numbers
  }

  /// The shortest text that is read as these numbers, which must ascend.
  var text: String {
    var parts: [(first: Int, last: Int)] = []
    for number in numbers {
      if let end = parts.last?.last, end + 1 == number {
        parts[parts.count - 1].last = number
      } else {
        parts.append((number, number))
      }
    }
    return parts.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ",")
  }
}
