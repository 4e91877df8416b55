import Foundation
import TestSupport
import Testing

/// `export` and `import` as they are called.
@Suite struct ExportTests {
  private func call(_ name: String, _ arguments: [String]) throws -> Outcome {
    try run("kaggle-digits", [name] + arguments)
  }

  @Test func networksLeaveAndComeBack() throws {
    try withTemporaryFolder { folder in
      try trained(
        "\(folder)/run", smallNetwork + ["--epochs", "1", "--members", "2", "--prepare", "none,spread"])
      let run = "\(folder)/run"
      for (format, output, files) in [
        ("onnx", "model.onnx", ["model.onnx"]), ("page", "digits.html", ["digits.html"]),
        ("pytorch", "torch", ["torch/model.py", "torch/model.safetensors", "torch/model.json"]),
        ("keras", "keras/", ["keras/model.py", "keras/model.safetensors", "keras/model.json"]),
      ] {
        let arguments = [run, "--to", format, "--output", "\(folder)/\(output)", "--average", "geometric"]
        let first = try call("export", arguments)
        #expect(first.status == 0, "\(first.errors)")
        let written = try files.map { try bytes("\(folder)/\($0)") }
        let again = try call("export", arguments)
        #expect(again.status == 73)
        #expect(again.errors.contains("\(files[0]) already exists (use --force to replace it)"))
        #expect(try call("export", arguments + ["--force"]).status == 0)
        #expect(try files.map { try bytes("\(folder)/\($0)") } == written)
      }
      for library in ["torch", "keras"] {
        let output = "\(folder)/from-\(library)"
        let outcome = try call("import", ["\(folder)/\(library)/", "--output", output])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors == "next: kaggle-digits submit \(output) --average geometric\n")
        for member in ["member-1", "member-2"] {
          let name = "\(member)/last.safetensors"
          #expect(try bytes("\(output)/\(name)") == bytes("\(run)/\(name)"))
        }
        expectRefusal(
          try call("import", ["\(folder)/\(library)", "--output", output]), status: 73, "already exists")
        try submit([output], output: "\(folder)/\(library).csv")
      }
      try submit([run], output: "\(folder)/run.csv")
      #expect(try bytes("\(folder)/torch.csv") == bytes("\(folder)/run.csv"))
      #expect(try bytes("\(folder)/keras.csv") == bytes("\(folder)/run.csv"))
    }
  }

  @Test func whatCanNotBeExportedIsRefused() throws {
    try withTemporaryFolder { folder in
      try trained("\(folder)/run", smallNetwork + ["--epochs", "1"])
      let (run, model) = ("\(folder)/run", "\(folder)/model.onnx")
      let checkpoint = "\(run)/member-1/last.safetensors"
      func expect(_ status: Int32, _ text: String, _ arguments: String...) throws {
        expectRefusal(try call("export", arguments), status: status, text)
      }
      try expect(64, "--tta 2 can't be exported", run, "--output", model, "--tta", "2")
      try expect(
        64, "--input is for --to onnx only", run, "--output", model, "--to", "page", "--input", "uint8")
      try expect(64, "not as .html", run, "--output", "\(folder)/x.html")
      try expect(64, "'tflite'", run, "--output", model, "--to", "tflite")
      try FileManager.default.copyItem(atPath: checkpoint, toPath: "\(folder)/weights")
      try expect(64, "would be lost", "\(folder)/weights", "--output", "\(folder)/weights", "--force")
      try expect(66, "can't be read", "\(folder)/none", "--output", model)
      try expect(73, "is a file, not a folder", run, "--to", "keras", "--output", checkpoint)
      #expect(!FileManager.default.fileExists(atPath: model))
      expectRefusal(
        try call("import", [run, "--output", "\(folder)/x"]), status: 66, "model.json can't be read")
    }
  }
}
