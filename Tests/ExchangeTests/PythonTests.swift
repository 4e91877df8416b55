import Augmentation
import Checkpoints
import Foundation
import Foundations
import Runs
import SwiftProtobuf
import TestSupport
import Testing

@testable import Exchange

/// Exports to PyTorch and Keras, as far as that is known without these libraries: `Tests/Exchange/measure.py`, run by hand,
/// asks them.
@Suite struct PythonTests {
  @Test(
    .enabled(if: installed("python3") != nil, "Python is not installed"), arguments: PythonLibrary.allCases)
  func codeIsPython(library: PythonLibrary) throws {
    try withTemporaryFolder { folder in
      var command = [installed("python3") ?? "", "-c", Self.compiling]
      for average in [Average.arithmetic, .geometric, .vote] {
        let paths = try ONNXTests.networks.enumerated().map { number, network in
          try written(
            network.notation, network.preprocessing, in: folder, as: "\(average)-\(number)")
        }
        let exported = try ExportedEnsemble(ensemble(paths, average: average))
        try write(library.code(of: exported), to: "\(folder)/\(average).py")
        command.append("\(folder)/\(average).py")
      }
      let outcome = try run(command)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  /// Compiles files, and finds in each what a user calls.
  private static let compiling = """
    import ast, sys
    for path in sys.argv[1:]:
        source = open(path).read()
        assert "# NETWORKS" not in source and "# MEMBERS" not in source and "# AVERAGE" not in source, path
        names = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
        assert {"load", "save", "probabilities", "weighted", "upright", "network1"} <= names, names
        compile(source, path, "exec")
    """

  /// PyTorch's layouts are ONNX's, whose runtime answers as the kit does.
  @Test func torchHasTheTensorsOfONNX() throws {
    try withTemporaryFolder { folder in
      for (number, network) in ONNXTests.networks.enumerated() {
        let path = try written(
          network.notation, network.preprocessing, seed: 4, in: folder, as: "\(number)")
        let exported = try ExportedEnsemble(ensemble([path]))
        let model = try Onnx_ModelProto(serializedBytes: exported.onnx(input: .uint8))
        let ofONNX = model.graph.initializer.filter {
          $0.name.hasPrefix("member1/layers.") && $0.dataType == 1
        }
        .map { "\($0.dims) \(Array($0.rawData))" }
        let tensors = ExportedFolder.weights(of: exported, for: .pytorch).tensors
        let ofTorch = tensors.values.compactMap { tensor -> String? in
          guard case .float32(let values) = tensor.values else { return nil }
          return "\(tensor.shape) \(values.withUnsafeBytes { Array($0) })"
        }
        #expect(ofONNX.sorted() == ofTorch.sorted(), "\(network.notation)")
      }
    }
  }

  @Test(arguments: PythonLibrary.allCases)
  func whatWasExportedComesBackAsItWas(library: PythonLibrary) throws {
    try withTemporaryFolder { folder in
      let paths = try ONNXTests.networks.enumerated().map { number, network in
        try written(
          network.notation, network.preprocessing, seed: UInt64(number), in: folder, as: "\(number)")
      }
      let weights = paths.indices.map { Double($0 % 3) }
      let exported = try ExportedEnsemble(ensemble(paths, average: .geometric, weights: weights))
      try ExportedFolder.write(exported, for: library, to: "\(folder)/first", replacing: false)
      try ExportedFolder.write(exported, for: library, to: "\(folder)/second", replacing: false)
      #expect(try files(in: "\(folder)/first") == files(in: "\(folder)/second"))
      let imported = try ImportedEnsemble(
        description: "\(folder)/first/model.json", weights: "\(folder)/first/model.safetensors", side: 28)
      let expected = zip(paths, weights).filter { $0.1 > 0 }
      #expect(imported.average == .geometric)
      #expect(imported.members.count == expected.count)
      #expect(imported.weights == expected.map { $0.1 / weights.reduce(0, +) })
      for (member, (path, _)) in zip(imported.members, expected) {
        #expect(!member.isChanged)
        try member.checkpoint.write(to: "\(path).again", replacing: false)
        #expect(try bytes("\(path).again") == bytes(path))
      }
    }
  }
}
