import Foundation
import TestSupport
import Testing

/// `--config` and `--print-config`: options from a file, and into one.
@Suite struct ConfigTests {
  private static let options = smallNetwork + ["--epochs", "2", "--seed", "7", "--rotate", "3"]

  @Test func aRunsOwnConfigurationMakesTheSameBytes() throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/a", Self.options + ["--quiet"])
      let file = "\(folder)/a/member-1/configuration.json"
      try trained("\(folder)/b", ["--config", file, "--quiet"])
      #expect(
        try bytes("\(folder)/b/member-1/last.safetensors") == bytes("\(folder)/a/member-1/last.safetensors"))
      // An option overrides it, and only that differs.
      let other = try run("kaggle-digits-train", ["--config", file, "--epochs", "5", "--print-config"])
      let options = try #require(other.json()["options"] as? [String: Any])
      #expect(options["epochs"] as? Int == 5 && options["seed"] as? String == "7")
      expectRefusal(
        try train("\(folder)/a", ["--config", file, "--force"]), status: 64, "holds", "which is read")
      expectRefusal(
        try resume("\(folder)/a", ["--config", file]), status: 64,
        "--resume and --config are mutually exclusive")
    }
  }

  @Test(arguments: ["train", "cross-validate"]) func whatIsPrintedIsTaken(command: String) throws {
    try withTemporaryFolder { folder in
      var options = Self.options + ["--print-config"]
      if command == "cross-validate" { options += ["--folds", "3", "--tta", "4", "--average", "geometric"] }
      let printed = try run("kaggle-digits-\(command)", options, in: folder)
      #expect(printed.status == 0 && printed.errors == "", "\(printed.errors)")
      #expect(try files(in: folder).isEmpty)
      let file = "\(folder)/c.json"
      try write(printed.output, to: file)
      let again = try run("kaggle-digits-\(command)", ["--config", file, "--print-config"])
      #expect(again.output == printed.output)
    }
  }

  /// A cross-validation has no validation rows and a training no folds, whichever wrote the file.
  @Test func aFileOfTheOtherCommandSaysNothingOfFolds() throws {
    try withTemporaryFolder { folder in
      func options(_ command: String, _ arguments: [String]) throws -> [String: Any] {
        let outcome = try run("kaggle-digits-\(command)", arguments + ["--print-config"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        try write(outcome.output, to: "\(folder)/\(command).json")
        return try #require(outcome.json()["options"] as? [String: Any])
      }
      _ = try options("train", ["--epochs", "9"])
      _ = try options("cross-validate", ["--epochs", "8", "--folds", "4"])
      let folds = try options("cross-validate", ["--config", "\(folder)/train.json"])
      #expect(
        folds["epochs"] as? Int == 9 && folds["folds"] as? Int == 5 && folds["validation"] as? Double == 0)
      _ = try options("cross-validate", ["--epochs", "8", "--folds", "4"])
      let training = try options("train", ["--config", "\(folder)/cross-validate.json"])
      #expect(training["epochs"] as? Int == 8 && training["folds"] is NSNull)
      #expect(training["validation"] as? Double == 0.1)
    }
  }

  static let refused: [(text: String, says: String)] = [
    (#"{"epoch": 3}"#, "'epoch' is not an option of training; did you mean 'epochs'?"),
    (#"{"epochs": "many"}"#, "'epochs' is \"many\"; it must be a whole number between 1 and 100000"),
    (#"{"options": {"epochs": 3, "lr": 1}}"#, "'lr' is not an option of training"), ("[1]", "has no options"),
    ("{", "c.json:1:2"), ("", "c.json"), (#"{"schedule": "cosin"}"#, "'schedule' is \"cosin\""),
  ]

  @Test(arguments: refused) func badFilesAreRefused(text: String, says: String) throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/c.json"
      try write(text, to: file)
      for command in ["train", "cross-validate"] {
        expectRefusal(
          try run("kaggle-digits-\(command)", ["--config", file, "--data", competition]), status: 65, says)
      }
    }
  }

  @Test func valuesOutOfRangeAndMissingFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      try write(#"{"epochs": 0}"#, to: "\(folder)/c.json")
      let arguments = ["--data", competition, "--output", "\(folder)/run"]
      expectRefusal(
        try run("kaggle-digits-train", ["--config", "\(folder)/c.json"] + arguments), status: 64,
        "--epochs is 0; it must be between 1 and 100000")
      expectRefusal(
        try run("kaggle-digits-train", ["--config", "\(folder)/none.json"] + arguments), status: 66,
        "none.json")
      #expect(Set(try files(in: folder).keys) == ["c.json"])
    }
  }

  @Test(arguments: [
    ("--lr", "--learning-rate"), ("--batch_size", "--batch"), ("--lr-schedule", "--schedule"),
    ("--val-split", "--validation"), ("--patience", "early stopping"), ("--gpu", "on the CPU"),
    ("--learning_rate", "it is --learning-rate"), ("--dropout", "D25"),
  ])
  func optionsOfOtherToolsAreExplained(option: String, says: String) throws {
    expectRefusal(
      try run("kaggle-digits-train", [option, "3"]), status: 64, "unknown option '\(option)'; ", says)
  }

  /// A command that does not have the kit's option does not name it.
  @Test func onlyOwnOptionsAreNamed() throws {
    let outcome = try run("kaggle-digits-submit", ["x", "--lr", "3"])
    #expect(outcome.status == 64 && !outcome.errors.contains("learning-rate"))
  }

  @Test func learningRatesAreTried() throws {
    try withTemporaryFolder { folder in
      let arguments = ["--find-learning-rate", "--data", competition] + smallNetwork
      let outcome = try run("kaggle-digits-train", arguments, in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("try --learning-rate "), "\(outcome.output)")
      #expect(Set(try files(in: folder).keys) == ["learning-rate.svg"])
      #expect(try text("\(folder)/learning-rate.svg").hasPrefix("<svg "))
      expectRefusal(try run("kaggle-digits-train", arguments, in: folder), status: 73, "learning-rate.svg")
      expectRefusal(
        try run("kaggle-digits-train", arguments + ["--output", "x.csv"], in: folder), status: 64, "x.csv")
      let json = try run("kaggle-digits-train", arguments + ["--force", "--json", "--quiet"], in: folder)
      #expect(try (json.json()["points"] as? [Any])?.count ?? 0 > 100)
      #expect(try json.json()["suggestion"] is Double)
    }
  }

  @Test func networksAndCheckpointsAreDescribed() throws {
    try withTemporaryFolder { folder in
      let text = try run("kaggle-digits", ["describe", "compact", "8C3-P2", "--no-speed"])
      #expect(text.status == 0, "\(text.errors)")
      #expect(text.output.contains("7,982,016") && text.output.contains("network        8C3-P2"))
      try trained("\(folder)/run", smallNetwork + ["--epochs", "1", "--members", "2", "--quiet"])
      let outcome = try run("kaggle-digits", ["describe", "\(folder)/run", "--json", "--threads", "1"])
      let all = try #require(
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
      #expect(all.count == 2)
      let one = try #require(all.first)
      #expect(one["network"] as? String == "8C3-B-P2-D25-16N")
      #expect((one["checkpoint"] as? [String: Any])?["epoch"] as? Int == 1)
      #expect((one["layers"] as? [[String: Any]])?.first?["receptive-field"] as? [Int] == [3, 3])
      #expect(one["prediction-images-per-second"] as? Double ?? 0 > 0)
      expectRefusal(try run("kaggle-digits", ["describe", "8C3-X"]), status: 64, "8C3-X")
      expectRefusal(try run("kaggle-digits", ["describe", "\(folder)/none"]), status: 66, "none")
      expectRefusal(
        try run("kaggle-digits", ["describe", "small", "--batch", "0"]), status: 64, "--batch is 0")
    }
  }
}
