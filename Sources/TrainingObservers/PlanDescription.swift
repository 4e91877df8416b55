import Competition
import Compute
import Foundations
import Platform
import Runs
import Terminal
import Training

/// Makes a plan of a training or a cross-validation, and says what it is. Throws as `PlanFile.begin` does.
public func makePlan(
  _ configuration: Configuration, prediction: PredictionSettings?, table: DigitTable, data: String,
  output: String?, _ reporting: OutputOptions, threads: Int, kernels: any InstructionSet
) throws(KitError) {
  let (plan, directory) = try PlanFile.begin(
    configuration, prediction: prediction, table: table, data: data, output: output, force: reporting.force)
  try describePlan(
    plan, plan.summary, plan.taskCount, in: directory, asJSON: reporting.json, threads: threads,
    kernels: kernels)
}

/// Says what a new plan is, in a summary of its tasks, whether its folder's locks keep others out, and what to do next.
public func describePlan(
  _ plan: PlanFile, _ summary: String, _ tasks: Int, in directory: RunDirectory, asJSON: Bool, threads: Int,
  kernels: any InstructionSet
) throws(KitError) {
  let seconds = try plan.secondsPerTask(threads: threads, kernels: kernels)
  let system = fileSystem(ofFileAt: absolutePath(plan.run))
  let locks = lockText(directory.isLockObeyed, system)
  if asJSON {
    printJSON(
      .object([
        ("run", .string(plan.run)), ("command", .string(plan.command)), ("tasks", .integer(tasks)),
        ("rows-digest", .string(plan.file.rowsDigest)), ("seconds-per-task", .number(seconds)),
        ("threads", .integer(threads)), ("locks-keep-others-out", .bool(directory.isLockObeyed)),
        ("file-system", system.map { .string($0.type) } ?? .null),
      ]))
  } else {
    printLine(
      "\(plan.run): \(summary), about \(timeText(seconds)) each on \(threads == 1 ? "1 thread" : "\(threads) threads"); nothing is trained yet"
    )
    printLine("locks: \(locks)")
  }
  let run = quoted(plan.run)
  note("next, on a cluster: kaggle-digits jobs \(run) --for slurm > jobs.sh && bash jobs.sh")
  note("or on each machine that sees the folder: kaggle-digits work \(run) --any")
}

/// What a plan's folder offers against two processes at one task.
private func lockText(_ isObeyed: Bool, _ system: FileSystem?) -> String {
  let name = system.map { " (\($0.type))" } ?? ""
  guard isObeyed else {
    return
      "they don't keep others out here\(name); work by --task, each task in one place, and never with --any"
  }
  if system?.locksAreLocal == true {
    return "they hold on this machine only\(name); on several machines work by --task, not with --any"
  }
  return system?.isShared == true
    ? "they work here, and between machines if the server has them\(name)" : "they work here\(name)"
}

/// `40 s`, `12 min`, `3.5 h`.
private func timeText(_ seconds: Double) -> String {
  if seconds < 90 { return "\(fixed(max(1, seconds), 0)) s" }
  return seconds < 5400 ? "\(fixed(seconds / 60, 0)) min" : "\(fixed(seconds / 3600, 1)) h"
}
