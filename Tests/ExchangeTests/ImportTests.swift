import Augmentation
import Checkpoints
import Exchange
import Foundations
import TestSupport
import Testing

/// What `import` takes, and what it refuses, with the reason.
@Suite struct ImportTests {
  /// A network that was exported to PyTorch: the tensors of its file, and its folder.
  private func withExport(_ body: (_ folder: String, _ tensors: [String: SafeTensors.Tensor]) throws -> Void)
    throws
  {
    try withTemporaryFolder { folder in
      let path = try written("2C3-B-P2-3N", .deskew, in: folder, as: "a")
      let exported = try ExportedEnsemble(ensemble([path]))
      try ExportedFolder.write(exported, for: .pytorch, to: "\(folder)/torch", replacing: false)
      let file = try SafeTensors(reading: "\(folder)/torch/model.safetensors")
      try body("\(folder)/torch", file.tensors)
    }
  }

  private func imported(_ folder: String, weights: String? = nil) throws -> ImportedEnsemble {
    try ImportedEnsemble(
      description: "\(folder)/model.json", weights: weights ?? "\(folder)/model.safetensors", side: 28)
  }

  @Test func weightsThatWereTrainedElsewhereHaveSeenWhatIsNotKnown() throws {
    try withExport { folder, tensors in
      var tensors = tensors
      let name = "members.0.network.0.bias"
      tensors[name] = SafeTensors.Tensor(shape: [2], values: .float32([7, 8]))
      // As PyTorch counts in training.
      tensors["members.0.network.2.num_batches_tracked"] = SafeTensors.Tensor(shape: [], values: .int64([5]))
      try SafeTensors(tensors: tensors).write(to: "\(folder)/trained.safetensors", replacing: false)
      let member = try imported(folder, weights: "\(folder)/trained.safetensors").members[0]
      #expect(member.isChanged)
      #expect(member.checkpoint.origin.rowsDigest == "unknown: trained outside the kit")
      #expect(member.checkpoint.origin.validationAccuracy == nil)
      #expect(member.checkpoint.origin.preprocessing == .deskew)
      let bias = try #require(member.checkpoint.weights.network.tensors.first { $0.name == "layers.0.bias" })
      #expect(member.checkpoint.weights.values(of: bias) == [7, 8])
    }
  }

  @Test func tensorsThatDoNotFitAreRefused() throws {
    try withExport { folder, tensors in
      let name = "members.0.network.0.weight"
      func refusal(_ tensor: SafeTensors.Tensor?, as other: String? = nil) throws -> String {
        var tensors = tensors
        if other == nil { tensors[name] = nil }
        tensors[other ?? name] = tensor
        try SafeTensors(tensors: tensors).write(to: "\(folder)/bad.safetensors", replacing: true)
        let text = message(of: .badData) { try imported(folder, weights: "\(folder)/bad.safetensors") }
        return text.replacing("\(folder)/", with: "")
      }
      let values = [Float](repeating: 1, count: 18)
      let wanted = [2, 1, 3, 3]
      let extra = "members.1.network.0.weight"
      let cases: [(tensor: SafeTensors.Tensor?, name: String?, refusal: String)] = [
        (nil, nil, "\(name) is missing"),
        (
          SafeTensors.Tensor(shape: [3, 3, 1, 2], values: .float32(values)), nil,
          "\(name) is F32 [3, 3, 1, 2]; expected F32 \(wanted)"
        ),
        (
          SafeTensors.Tensor(shape: wanted, values: .float64(values.map { Double($0) })), nil,
          "\(name) is F64 \(wanted); expected F32 \(wanted)"
        ),
        (
          SafeTensors.Tensor(shape: wanted, values: .float32([.nan] + values.dropFirst())), nil,
          "\(name) has a value that is not finite, at index 0"
        ),
        (
          SafeTensors.Tensor(shape: [0], values: .float32([])), extra,
          "\(extra) does not belong to any member in model.json"
        ),
      ]
      for (tensor, name, expected) in cases {
        let refusal = try refusal(tensor, as: name)
        #expect(refusal == "bad.safetensors: tensor \(expected)")
      }
    }
  }

  @Test(arguments: [
    ("\"library\": \"pytorch\"", "\"library\": \"jax\"", "'library' is missing or malformed"),
    ("kaggle-digits export", "other", "is not the description of a kaggle-digits export"),
    ("\"version\": 1,", "\"version\": 2,", "is of another version; this kit reads version 1"),
    ("\"average\": \"arithmetic\"", "\"average\": 3", "'average' is missing or malformed"),
    ("\"weight\": 1.0", "\"weight\": -1", "'weight' is missing or malformed"),
    ("\"weights_sha256\"", "\"sha\"", "'weights_sha256' is missing or malformed"),
    ("\"epoch\": \"3\"", "\"epoch\": 3", "'checkpoint' is missing or malformed"),
    ("\"epoch\": \"3\"", "\"epoch\": \"x\"", "metadata 'epoch' is malformed"),
    ("2C3-B-P2-3N", "2C3-B-P2-3X", "'3X' is not a layer"),
    ("byte / 255, deskew", "byte / 255, twist", "another scale of pixels"),
    // A network of any size takes no memory before its tensors are found.
    ("2C3-B-P2-3N", "65536N-65536N-65536N", "tensor members.0.network.1.weight is missing"),
    ("2C3-B-P2-3N", "4096C28", "tensor members.0.network.0.weight is F32"),
    ("\"members\": [", "\"members\": {", "expected"),
  ])
  func descriptionsThatAreWrongAreRefused(text: String, other: String, complaint: String) throws {
    try withExport { folder, _ in
      let path = "\(folder)/model.json"
      let description = try TestSupport.text(path)
      #expect(description.contains(text))
      try write(description.replacing(text, with: other), to: path)
      let message = message(of: .badData) { try imported(folder) }
      #expect(message.contains(complaint))
      #expect(message.contains("model.json") || message.contains("model.safetensors"))
    }
  }

  @Test func missingFilesAreNamed() throws {
    try withTemporaryFolder { folder in
      #expect(
        message(of: .missingInput) { try imported(folder) }.hasPrefix("\(folder)/model.json can't be read"))
    }
  }
}
