import Foundation
import Platform
import TestSupport
import Testing

/// Runs that are planned, trained task by task, and gathered: the bytes of one process, whatever happens to the tasks.
@Suite struct PlanTests {
  private static let options = smallNetwork + ["--epochs", "3", "--members", "2"]
  private static let folds = options + ["--folds", "2"]

  /// Makes a plan in a folder.
  private func plan(_ command: String, _ output: String, _ options: [String]) throws -> Outcome {
    try run("kaggle-digits-\(command)", ["--plan", "--data", competition, "--output", output] + options)
  }

  /// What a run's files promise, its predictions too.
  private func promised(_ folder: String) throws -> [String: Data] {
    let predictions = try files(in: folder).filter {
      ["out-of-fold.csv", "member-predictions.csv"].contains($0.key)
    }
    return try promisedFiles(in: folder).merging(predictions) { first, _ in first }
  }

  /// What a command printed, without the table of folds, which has seconds.
  private func scores(_ outcome: Outcome) -> Substring {
    let output = outcome.output[...]
    return output.range(of: "out of fold").map { output[$0.lowerBound...] } ?? output
  }

  @Test(arguments: ["train", "cross-validate"]) func tasksInAnyOrderEqualOneCommand(command: String) throws {
    try withTemporaryFolder { folder in
      let options = command == "train" ? Self.options : Self.folds
      let path = "\(folder)/plan"
      let planned = try plan(command, path, options)
      #expect(planned.status == 0, "\(planned.errors)")
      #expect(planned.output.contains("nothing is trained yet\nlocks: they work here"))
      let count = command == "train" ? 2 : 4
      for task in (0..<count).reversed() {
        let early = try gather(path)
        #expect(early.status == 75)
        #expect(early.errors.hasPrefix("error: \(count - 1 - task) of \(count) tasks are done; "))
        let outcome = try work(path, ["--task", "\(task)", "--threads", "\(1 + task % 2)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasSuffix(" is done\n"))
      }
      let gathered = try gather(path)
      #expect(gathered.status == 0, "\(gathered.errors)")
      let whole = try run(
        "kaggle-digits-\(command)", ["--data", competition, "--output", "\(folder)/one"] + options)
      #expect(scores(whole).replacing("\(folder)/one", with: path) == scores(gathered))
      #expect(try promised(path) == promised("\(folder)/one"))
      #expect(try gather(path).status == 0)
      #expect(try submit([path], output: "\(folder)/submission.csv").status == 0)
    }
  }

  /// What a finished plan's rows are compared with, and a folder whose name looks like a submission's.
  @Test func gatherNamesTheRowsThatDiffer() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/plan.csv"
      _ = try plan("train", path, Self.options + ["--limit", "60"])
      #expect(try work(path, ["--task", "0"]).status == 0)
      expectRefusal(
        try submit([path], output: "\(folder)/early.csv"), status: 66,
        "kaggle-digits work \(path) --any trains the others")
      #expect(try work(path, ["--any"]).status == 0)
      let other = "\(folder)/other"
      let sample = ["--output", other, "--train-rows", "400", "--test-rows", "1", "--seed", "9", "--quiet"]
      #expect(try run("kaggle-digits-sample", sample).status == 0)
      expectRefusal(try gather(path, ["--data", other]), status: 65, "\(other) holds different rows")
      #expect(try gather(path).status == 0)
    }
  }

  @Test func aTaskThatIsDoneIsASuccessAtOnce() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/plan"
      _ = try plan("cross-validate", path, Self.folds)
      #expect(try work(path, ["--task", "3"]).status == 0)
      let before = try files(in: path)
      // What a process leaves that is killed just before its end.
      try write("", to: "\(path)/fold-2/member-2/.timings.csv.4194305-1.partial")
      let again = try work(path, ["--task", "3", "--data", "/nowhere"])
      #expect(again.status == 0 && again.output == "task 3 (fold 2 member 2) is done already\n")
      #expect(try files(in: path) == before)
    }
  }

  /// Several processes at once, of which one is killed.
  @Test func anyTakesWhatIsFree() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/plan"
      _ = try plan("cross-validate", path, Self.folds + ["--repeats", "2"])
      let killed = try work(
        path, ["--any", "--threads", "2"],
        signals: [PlannedSignal(number: SIGKILL, moment: .whenErrorsContain(" done "))])
      #expect(killed.signal == SIGKILL)
      let both = try run(
        "/bin/sh",
        [
          "-c", "\"$1\" work \"$2\" --any & first=$!; \"$1\" work \"$2\" --any --threads 3; wait $first",
          "sh",
          built("kaggle-digits"), path,
        ])
      #expect(both.status == 0, "\(both.errors)")
      let last = try work(path, ["--any"])
      #expect(last.output == "0 of 8 tasks were trained here\n")
      #expect(try gather(path, ["--quiet"]).status == 0)
      let whole = try run(
        "kaggle-digits-cross-validate",
        ["--data", competition, "--output", "\(folder)/one", "--repeats", "2"] + Self.folds)
      #expect(whole.status == 0)
      #expect(try promised(path) == promised("\(folder)/one"))
    }
  }

  @Test func aTaskIsStoppedAndResumed() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/plan"
      let options = smallNetwork + ["--epochs", "12"]
      _ = try plan("train", path, options)
      let stopped = try work(
        path, ["--task", "0"],
        signals: [
          PlannedSignal(number: SIGTERM, moment: .whenErrorsContain("epoch 2/12")),
          PlannedSignal(number: SIGTERM, moment: .after(0.001)),
        ])
      #expect(stopped.status == 143, "\(stopped.errors)")
      #expect(stopped.errors.contains("stopped; the same command resumes"))
      let early = try gather(path)
      #expect(early.status == 75 && early.errors.contains("0 is missing (0 was stopped in epoch "))
      #expect(try work(path, ["--task", "0"]).status == 0)
      #expect(try gather(path).status == 0)
      try trained("\(folder)/one", options)
      #expect(try promised(path) == promised("\(folder)/one"))
    }
  }

  /// The lock of another process on a task.
  @Test func aTaskThatRunsElsewhereIsLeftToThat() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/plan"
      _ = try plan("cross-validate", path, Self.folds)
      #expect(try work(path, ["--task", "1"]).status == 0)
      let held = open("\(path)/fold-1/member-2/.lock", O_RDWR)
      #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
      try FileManager.default.removeItem(atPath: "\(path)/fold-1/member-2/last.safetensors")
      expectRefusal(
        try work(path, ["--task", "1"]), status: 1, "another process works on task 1 (fold 1 member 2)")
      let any = try work(path, ["--any"])
      #expect(any.status == 0)
      #expect(any.output == "3 of 4 tasks were trained here; other processes work on 1\n")
      let early = try gather(path)
      #expect(
        early.status == 75 && early.errors.contains("3 of 4 tasks are done; 1 is missing (1 is in epoch 3)"))
      expectRefusal(
        try plan("cross-validate", path, Self.folds + ["--force"]), status: 1, "another process is writing to"
      )
      close(held)
      #expect(try work(path, ["--any"]).output == "1 of 4 tasks were trained here\n")
      #expect(try plan("cross-validate", path, Self.folds + ["--force"]).status == 0)
      #expect(try files(in: path).keys.sorted() == [".lock", "configuration.json", "plan.json"])
    }
  }

  @Test func whatDoesNotGoWithThePlanIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/plan"
      _ = try plan("cross-validate", path, Self.folds)
      let before = try files(in: path)
      let text = try text("\(path)/plan.json")
      let other = try run(
        "kaggle-digits-sample",
        ["--output", "\(folder)/other", "--train-rows", "400", "--test-rows", "1", "--seed", "9"])
      #expect(other.status == 0)
      expectRefusal(
        try work(path, ["--task", "0", "--data", "\(folder)/other"]), status: 65, "holds different rows")
      expectRefusal(try gather(folder), status: 66, "is not a plan: it has no plan.json")
      let submission = "\(folder)/submission.csv"
      expectRefusal(try submit([path], output: submission), status: 66, "kaggle-digits work \(path) --any")
      expectRefusal(
        try plan("train", "\(folder)/a\nb", Self.options), status: 64,
        "has a line end or another control character")
      expectRefusal(try work(path, ["--task", "4"]), status: 64, "there is no task 4; ")
      expectRefusal(try work(path, ["--task", "-1"]), status: 64, "--task")
      expectRefusal(try work(path, []), status: 64, "one of --task and --any is needed")
      expectRefusal(try work(path, ["--task", "auto"]), status: 64, "none of SLURM_ARRAY_TASK_ID, ")
      for command in ["train", "cross-validate"] {
        expectRefusal(
          try run("kaggle-digits-\(command)", ["--resume", path]), status: 64,
          "is trained in tasks; to work on")
      }
      expectRefusal(
        try plan("cross-validate", path, Self.folds), status: 73, "holds a plan; kaggle-digits work")
      #expect(try files(in: path) == before)
      for (from, to, status, message) in [
        ("\"kit\": \"", "\"kit\": \"9.", Int32(65), "is a plan of kaggle-digits 9."),
        ("\"command\": \"cross-validate\"", "\"command\": \"train\"", 65, "does not go with its options"),
        ("\"members\": 2", "\"members\": 0", 65, "members"), ("\"run\"", "\"walk\"", 65, "'run' is missing"),
      ] {
        try write(text.replacing(from, with: to), to: "\(path)/plan.json")
        expectRefusal(try work(path, ["--any"]), status: status, message)
        expectRefusal(try gather(path), status: status, message)
      }
      try write(text, to: "\(path)/plan.json")
      try trained("\(folder)/run", smallNetwork + ["--epochs", "1"])
      try FileManager.default.createDirectory(atPath: "\(path)/fold-1", withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: "\(folder)/run/member-1", toPath: "\(path)/fold-1/member-1")
      expectRefusal(try work(path, ["--task", "0"]), status: 65, "of other options or rows than the plan's")
      #expect(try work(path, ["--task", "1"]).status == 0)
    }
  }

  @Test(arguments: [
    (["SLURM_ARRAY_TASK_ID": "1"], [], "1"), (["JOB_COMPLETION_INDEX": "1"], [], "1"),
    (["HQ_TASK_ID": "0"], [], "0"),
    (["AWS_BATCH_JOB_ARRAY_INDEX": "0"], [], "0"), (["PARALLEL_SEQ": "1"], [], "0"),
    (["SLURM_ARRAY_TASK_ID": "0"], ["--of", "1"], "1"), (["PARALLEL_SEQ": "2"], ["--of", "0-1"], "1"),
  ])
  func theClusterTellsTheTask(variable: [String: String], of: [String], task: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/plan"
      _ = try plan("train", path, smallNetwork + ["--epochs", "1", "--members", "2", "--limit", "60"])
      let outcome = try work(
        path, ["--task", "auto"] + of, environment: variable.mapValues { $0 as String? })
      #expect(outcome.output == "task \(task) (member \(Int(task)! + 1)) is done\n", "\(outcome.errors)")
    }
  }
}

/// The scripts for clusters.
@Suite struct JobsTests {
  private func plan(in folder: String, _ options: [String] = []) throws -> String {
    let path = "\(folder)/it's a plan"
    let outcome = try run(
      "kaggle-digits-train",
      ["--plan", "--data", competition, "--output", path, "--epochs", "1", "--limit", "60"] + smallNetwork
        + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return path
  }

  private func jobs(_ path: String, _ cluster: String, _ arguments: [String] = []) throws -> Outcome {
    try run("kaggle-digits", ["jobs", path, "--for", cluster] + arguments)
  }

  @Test(arguments: ["slurm", "parallel"]) func scriptsAreBash(cluster: String) throws {
    try withTemporaryFolder { folder in
      let path = try plan(in: folder, ["--members", "3"])
      let script = try jobs(path, cluster, ["--threads", "2"])
      #expect(script.status == 0, "\(script.errors)")
      #expect(!script.output.contains(#/@[A-Z_]+@/#), "a placeholder is left")
      try write(script.output, to: "\(folder)/jobs.sh")
      let checked = try run("/bin/bash", ["-n", "\(folder)/jobs.sh"])
      #expect(checked.status == 0, "\(checked.errors)")
    }
  }

  @Test(arguments: ["6", "4"]) func aTimeLimitLeavesTimeToStop(minutes: String) throws {
    try withTemporaryFolder { folder in
      let outcome = try jobs(plan(in: folder), "slurm", ["--minutes", minutes])
      #expect(outcome.status == (minutes == "6" ? 0 : 64))
      #expect(outcome.errors.contains("it must be from 5") == (minutes == "4"))
    }
  }

  /// GNU parallel's script, also for a sweep, whose tasks depend on each other, and from a folder with its own placeholders.
  @Test(.enabled(if: installed("parallel") != nil, "GNU parallel is not installed"))
  func parallelTrainsAndGathers() throws {
    try withTemporaryFolder { folder in
      let sweep = "\(folder)/sweep {} {1}"
      let options = [
        "--data", competition, "--output", sweep, "--epochs", "1", "--limit", "60", "--folds", "2",
      ]
      let planned = try run(
        "kaggle-digits", ["sweep", "--plan", "--grid", "--shift", "0,0.1"] + options + smallNetwork)
      #expect(planned.status == 0, "\(planned.errors)")
      for path in [sweep, try plan(in: folder, ["--members", "3"])] {
        try write(jobs(path, "parallel", ["--threads", "1"]).output, to: "\(folder)/jobs.sh")
        let outcome = try run("/bin/bash", ["\(folder)/jobs.sh"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasSuffix("/report.html (open in a browser)\n"))
      }
    }
  }

  /// Slurm stands in as two shell scripts, which do what the job's script says at once.
  @Test func slurmsScriptTrainsAndGathers() throws {
    try withTemporaryFolder { folder in
      let path = try plan(in: folder, ["--members", "3"])
      #expect(try run("kaggle-digits", ["work", path, "--task", "1"]).status == 0)
      try write(
        jobs(path, "slurm", ["--missing", "--minutes", "7", "--", "--partition=a b"]).output,
        to: "\(folder)/jobs.sh")
      let sbatch = """
        #!/bin/bash
        printf '%s\n' "$@" >> "\(folder)/arguments"
        while [ "${1#--}" != "$1" ]; do
          case $1 in --array=*) array=${1#--array=} ;; esac
          shift
        done
        script=$1
        shift
        for index in ${array//,/ }; do
          SLURM_ARRAY_TASK_ID=$index SLURM_CPUS_PER_TASK=1 bash "$script" "$@" >> "\(folder)/log" 2>&1
        done
        [ -n "${array:-}" ] || bash "$script" "$@" >> "\(folder)/log" 2>&1
        echo 17
        """
      try write(sbatch, to: "\(folder)/sbatch")
      #expect(chmod("\(folder)/sbatch", 0o755) == 0)
      let outcome = try run(
        "/bin/bash", ["\(folder)/jobs.sh"], environment: ["PATH": "\(folder):/usr/bin:/bin"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.hasPrefix("submitted job 17: tasks 0-2, indices 0,2\n"))
      let log = try text("\(folder)/log")
      #expect(log.contains("task 0 (member 1) is done\n") && log.contains("task 2 (member 3) is done\n"))
      #expect(log.contains("ensemble of 3: validation accuracy"), "\(log)")
      let arguments = try text("\(folder)/arguments")
      #expect(arguments.contains("--partition=a b\n") && arguments.contains("--time=7\n"))
      #expect(arguments.contains("--dependency=afterany:17\n"))
      #expect(try jobs(path, "slurm", ["--missing"]).errors.hasPrefix("all 3 tasks are done; next: "))
    }
  }

  /// An array may have 1,001 tasks at most where a site has not said otherwise.
  @Test func manyTasksAreSeveralArrays() throws {
    try withTemporaryFolder { folder in
      let path = try plan(in: folder, ["--members", "1000"])
      #expect(try jobs(path, "slurm").output.contains("\nsubmit 0-999 0-999\n\n"))
      let folds = "\(folder)/folds"
      let planned = try run(
        "kaggle-digits-cross-validate",
        [
          "--plan", "--data", competition, "--output", folds, "--members", "750", "--folds", "2", "--limit",
          "60",
        ])
      #expect(planned.status == 0, "\(planned.errors)")
      #expect(try jobs(folds, "slurm").output.contains("\nsubmit 0-999 0-999\nsubmit 1000-1499 0-499\n\n"))
    }
  }

  @Test func kubernetesManifestSaysTheTasks() throws {
    try withTemporaryFolder { folder in
      let path = try plan(in: folder, ["--members", "3"])
      #expect(try run("kaggle-digits", ["work", path, "--task", "1"]).status == 0)
      let whole = try jobs(path, "kubernetes", ["--threads", "3"]).output
      #expect(whole.contains("\n  name: digits-it-s-a-plan\n") && whole.contains("\n  completions: 3\n"))
      #expect(whole.contains(", --task, auto, --of, \"0-2\", --threads, \"3\"]\n"))
      let missing = try jobs(path, "kubernetes", ["--missing"]).output
      #expect(
        missing.contains("\n  name: digits-it-s-a-plan-missing\n") && missing.contains("\n  completions: 2\n")
      )
      #expect(missing.contains(", --of, \"0,2\", "))
      expectRefusal(
        try jobs(path, "kubernetes", ["--", "--partition=x"]), status: 64, "options after -- are for sbatch")
      expectRefusal(try jobs(path, "pbs"), status: 64, "'pbs'")
    }
  }
}
