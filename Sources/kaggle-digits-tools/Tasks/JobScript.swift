import Foundations
import Runs

/// What a script for a cluster says: which tasks, and what each needs.
struct JobScript {
  /// What runs the tasks.
  enum Cluster: String, CaseIterable {
    /// Arrays of jobs.
    case slurm
    /// An Indexed Job.
    case kubernetes
    /// GNU parallel, on one machine or by SSH.
    case parallel
  }

  let plan: PlanFile
  /// Groups of tasks of which each begins when those before have ended.
  let stages: [Range<Int>]
  /// The tasks that it trains, in order.
  let tasks: [Int]
  /// Whether those are the ones that are missing.
  let isForMissing: Bool
  let threads: Int
  /// A task's time limit.
  let minutes: Int
  /// That of what comes after all tasks.
  let gatherMinutes: Int
  /// Megabytes that a task needs.
  let memory: Int
  /// How many tasks run at once, where that is to be said.
  let atOnce: Int
  /// The kit's front door.
  let kit: String
  /// Options for `sbatch`.
  let options: [String]

  /// The script.
  func text(for cluster: Cluster) -> String {
    let template =
      switch cluster {
      case .slurm: PackageResources.slurm_sh
      case .kubernetes: PackageResources.kubernetes_yaml
      case .parallel: PackageResources.parallel_sh
      }
    var text = String(decoding: template, as: UTF8.self)
    for (name, value) in values(for: cluster) { text = text.replacing("@\(name)@", with: value) }
    return text
  }

  /// What stands for each placeholder. A path is the last, since it may have the form of one.
  private func values(for cluster: Cluster) -> [(String, String)] {
    let numbers = NumberList(tasks)
    let name = lastName(plan.run) + (isForMissing ? "-missing" : "")
    let run = absolutePath(plan.run)
    return [
      ("TASKS", tasks.count == 1 ? "task \(tasks[0])" : "\(grouped(tasks.count)) tasks"),
      ("THREADS", "\(threads)"), ("THREADS_TEXT", threads == 1 ? "1 thread" : "\(threads) threads"),
      ("MINUTES", "\(minutes)"), ("GATHER_MINUTES", "\(gatherMinutes)"), ("MEMORY", "\(memory)"),
      ("COUNT", "\(isSweep ? workers : tasks.count)"),
      ("AT_ONCE", "\(isSweep ? min(workers, atOnce) : atOnce)"), ("NAME", kubernetesName(name)),
      ("SUBMISSIONS", submissions),
      ("NUMBERS", cluster == .parallel ? words : numbers.text),
      ("WORK_YAML", isSweep ? "--any" : "--task, auto, --of, \"\(numbers.text)\""),
      ("WORK_SHELL", isSweep ? "--any" : "--task {}"),
      (
        "JOBLOG",
        isSweep
          ? " -N0" : isForMissing ? "" : " --joblog \"$run/logs/parallel-\(plan.mark).txt\" --resume-failed"
      ),
      ("OPTIONS", options.map(quoted).joined(separator: " ")), ("KIT", quoted(kit)),
      ("RUN_JSON", JSON.string(run).serialized(pretty: false)),
      ("FOLDER_JSON", JSON.string(enclosingFolder(run)).serialized(pretty: false)),
      ("RUN_QUOTED", quoted(run)), ("RUN", oneLine(run)),
    ]
  }

  /// In a sweep tasks decide on others, so that jobs take whatever is free.
  private var isSweep: Bool { plan.sweep != nil }

  /// How many of them are started where they take what is free: as many as tasks can begin at once, but not hundreds.
  private var workers: Int { min(20, stages.map(\.count).max() ?? 1) }

  /// The tasks as words of a shell: `{0..44}`, or each.
  private var words: String {
    if isSweep { return "{1..\(min(workers, atOnce))}" }
    guard let first = tasks.first, let last = tasks.last, last - first == tasks.count - 1, last > first else {
      return tasks.map { "\($0)" }.joined(separator: " ")
    }
    return "{\(first)..\(last)}"
  }

  /// Slurm's arrays, of at most 1,000 tasks each; those of a stage after those of the one before.
  private var submissions: String {
    let texts = stages.map { stage in
      let size = 1000
      let own = Dictionary(grouping: tasks.filter(stage.contains)) { $0 / size }
      return own.sorted { $0.key < $1.key }.map { thousand, tasks in
        let first = thousand * size
        let last = min(first + size, stages.last?.upperBound ?? 0) - 1
        return "submit \(first)-\(last) \(NumberList(tasks.map { $0 - first }).text)"
      }.joined(separator: "\n")
    }
    return texts.filter { !$0.isEmpty }.joined(separator: "\nafter_these\n")
  }
}

/// A name as Kubernetes takes it (RFC 1123): lower-case letters, digits and hyphens, at most 63 with the pods' own endings.
private func kubernetesName(_ text: String) -> String {
  let letters = text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
  let parts = String(letters).split(separator: "-").joined(separator: "-")
  let name = String("digits-\(parts)".prefix(50))
  return name.hasSuffix("-") ? String(name.dropLast()) : name
}

/// A path in a comment.
private func oneLine(_ path: String) -> String { String(path.map { $0.isNewline ? "?" : $0 }) }
