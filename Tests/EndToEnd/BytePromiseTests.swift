import TestSupport
import Foundation
import Testing

/// The same data, options and seed give the same bytes, whatever computes them.
@Suite struct BytePromiseTests {
  static let isa = "KAGGLE_DIGITS_ISA"

  /// Networks over every kind of layer and optimizer; one decays, augments and validates, one has all that is done to
  /// images and labels, in members of two networks and each preprocessing.
  static let trainings = [
    smallNetwork + ["--epochs", "2", "--schedule", "one-cycle", "--optimizer", "adamw"],
    [
      "--network", "4C3p-A2-20C3S2l-P3-30N-D50", "--epochs", "2", "--batch", "48", "--optimizer", "sgd",
      "--schedule", "cosine", "--learning-rate", "0.01", "--no-augment", "--validation", "0", "--limit",
      "250",
      "--initialization", "he",
    ],
    [
      "--network", "8C3-B-P2-D25-16N,4C5S2-B-A2", "--batch", "32", "--epochs", "2", "--members", "3",
      "--prepare", "none,deskew,spread", "--elastic", "1.5", "--erase", "0.3",
      "--shear", "5", "--label-smoothing", "0.1",
    ],
    // Each of Winograd's tiles, and epochs that leave learnt rows out.
    [
      "--network", "16C5-P2-B-16C5p-B-16C3-B-16C3-B-20C3-A6", "--batch", "32", "--epochs", "6",
      "--skip-learnt",
      "0.2",
      "--limit", "200", "--final",
    ],
  ]

  @Test(arguments: trainings) func threadsDoNotMatter(training: [String]) throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/1", training + ["--threads", "1"])
      let expected = try promisedFiles(in: "\(folder)/1")
      try submit(
        ["\(folder)/1"], output: "\(folder)/1.csv", ["--probabilities", "\(folder)/1.p", "--threads", "1"])
      for threads in ["2", "4", "7"] {
        try trained("\(folder)/\(threads)", training + ["--threads", threads])
        #expect(try promisedFiles(in: "\(folder)/\(threads)") == expected)
        let output = "\(folder)/\(threads)"
        try submit(
          [output], output: "\(output).csv", ["--probabilities", "\(output).p", "--threads", threads])
        #expect(try bytes("\(output).csv") == bytes("\(folder)/1.csv"))
        #expect(try bytes("\(output).p") == bytes("\(folder)/1.p"))
      }
    }
  }

  @Test(arguments: trainings) func instructionSetsDoNotMatter(training: [String]) throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/best", training)
      let expected = try promisedFiles(in: "\(folder)/best")
      try submit(["\(folder)/best"], output: "\(folder)/best.csv", ["--probabilities", "\(folder)/best.p"])
      for name in ["avx2", "avx512", "neon"] {
        let path = "\(folder)/\(name)"
        let outcome = try train(path, training, environment: [Self.isa: name])
        guard outcome.status == 0 else {
          expectRefusal(outcome, status: 64, "KAGGLE_DIGITS_ISA is '\(name)'")
          #expect(!FileManager.default.fileExists(atPath: path))
          print("not compared: this machine has no \(name)")
          continue
        }
        #expect(outcome.errors.contains(", \(name)\n"))
        #expect(try promisedFiles(in: path) == expected)
        try submit(
          [path], output: "\(path).csv", ["--probabilities", "\(path).p"], environment: [Self.isa: name])
        #expect(try bytes("\(path).csv") == bytes("\(folder)/best.csv"))
        #expect(try bytes("\(path).p") == bytes("\(folder)/best.p"))
      }
    }
  }

  /// A processor of 2013: a leaked AVX-512 instruction dies, and the system's `exp` takes another path. Emulation is
  /// some hundred times slower, so there are few rows and small layers.
  @Test(.enabled(if: emulator != nil, "qemu-x86_64 is not installed"))
  func anOlderProcessorGivesTheSame() throws {
    try withTemporaryFolder { folder in
      for (name, emulated) in [("native", false), ("emulated", true)] {
        let path = "\(folder)/\(name)"
        let sample = ["--output", path, "--train-rows", "96", "--test-rows", "20", "--seed", "5", "--quiet"]
        #expect(try run("kaggle-digits-sample", sample, emulated: emulated).status == 0)
        for (run, network) in [("adam", "8C5S3p-B-P2-D25-8C3S2-16N"), ("sgd", "4C7S4-A2-16Nl")] {
          let arguments = [
            "--data", path, "--output", "\(path)/\(run)", "--network", network, "--epochs", "1", "--batch",
            "32",
            "--optimizer", run, "--schedule", "one-cycle", "--threads", "2",
          ]
          let outcome = try EndToEnd.run("kaggle-digits-train", arguments, emulated: emulated)
          #expect(outcome.status == 0, "\(outcome.errors)")
          #expect(!emulated || outcome.errors.contains("avx2"))
        }
        let arguments = [
          "\(path)/adam", "\(path)/sgd", "--data", path, "--output", "\(path)/s.csv", "--probabilities",
          "\(path)/p.csv",
        ]
        #expect(try run("kaggle-digits-submit", arguments, emulated: emulated).status == 0)
      }
      // What is not promised holds paths, names and seconds.
      func promised(_ name: String) throws -> [String: Data] {
        try files(in: "\(folder)/\(name)").filter {
          !["timings.csv", ".json", ".html"].contains(where: $0.key.hasSuffix)
            && !$0.key.contains("tfevents")
        }
      }
      let native = try promised("native")
      #expect(native.count > 12)
      #expect(try promised("emulated") == native)
    }
  }

  /// Member 1 of three is the same network as the only one, and so are all of them however they were shared out.
  @Test func membersDoNotMatter() throws {
    try withTemporaryFolder { folder in
      let training = smallNetwork + ["--epochs", "2"]
      try trained("\(folder)/one", training)
      // One after another, two side by side and one behind them, all at once with a thread to spare.
      for threads in ["1", "2", "4"] {
        try trained("\(folder)/\(threads)", training + ["--members", "3", "--threads", threads])
      }
      let three = try promisedFiles(in: "\(folder)/1")
      #expect(three.count == 9)
      #expect(try promisedFiles(in: "\(folder)/2") == three)
      #expect(try promisedFiles(in: "\(folder)/4") == three)
      // The state tells how many members the run has.
      let one = try promisedFiles(in: "\(folder)/one").filter { !$0.key.hasSuffix("state.safetensors") }
      for (path, data) in one { #expect(three[path] == data, "\(path)") }
      #expect(three["member-2/last.safetensors"] != three["member-1/last.safetensors"])
    }
  }

  @Test func anotherSeedGivesOtherBytes() throws {
    try withTemporaryFolder { folder in
      for seed in ["1", "2"] {
        try trained("\(folder)/\(seed)", smallNetwork + ["--epochs", "1", "--seed", seed])
      }
      for (path, data) in try promisedFiles(in: "\(folder)/1") {
        #expect(try bytes("\(folder)/2/\(path)") != data, "\(path)")
      }
    }
  }
}
