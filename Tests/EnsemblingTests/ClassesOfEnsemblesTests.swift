import Checkpoints
import Competition
import Compute
import Ensembling
import Foundations
import TestSupport
import Testing

/// Checkpoints of other classes than the digits.
@Suite struct ClassesOfEnsemblesTests {
  private let pixels = (0..<3 * DigitTable.pixelCount).map { UInt8(truncatingIfNeeded: $0 &* 37) }

  private func ensemble(_ sources: [String]) throws(KitError) -> Ensemble {
    guard let kernels = InstructionSets.available.first else { throw KitError(.failure, "no kernels") }
    return try Ensemble(sources: sources, threads: 1, kernels: kernels)
  }

  @Test func checkpointsCarryTheirClasses() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      for classes in [Classes(count: 47), try Classes(named: ["cat", "dog \"é\""], from: "f")] {
        try writeCheckpoint("8N", seed: 1, to: path, classes: classes)
        #expect(try Checkpoint(reading: path, side: 28).origin.classes == classes)
        let predictions = try ensemble([path]).predict(pixels)
        #expect(predictions.probabilities.count == 3 * classes.count)
        #expect(predictions.opinions[0].answers == predictions.labels)
        let first = predictions.probabilities[..<classes.count]
        #expect((first.reduce(0, +) - 1).magnitude < 1e-12)
      }
      // The digits are what a file without names means.
      try writeCheckpoint("8N", seed: 1, to: path)
      let metadata = try SafeTensors.metadata(ofFileAt: path)
      #expect(metadata["classes"] == "10" && metadata["class_names"] == nil)
    }
  }

  @Test func othersDoNotPredictTogether() throws {
    try withTemporaryFolder { folder in
      let paths = ["a", "b", "c"].map { "\(folder)/\($0).safetensors" }
      let names = (0..<10).map { "name \($0)" }
      try writeCheckpoint("8N", seed: 1, to: paths[0])
      try writeCheckpoint("8N", seed: 1, to: paths[1], classes: Classes(count: 26))
      try writeCheckpoint("8N", seed: 1, to: paths[2], classes: Classes(named: names, from: "f"))
      func refusal(_ second: Int) -> String {
        do { _ = try ensemble([paths[0], paths[second]]) } catch { return error.message }
        return ""
      }
      #expect(
        refusal(1) == "\(paths[1]) can't predict together with \(paths[0]): it has 26 classes, not 10")
      #expect(
        refusal(2) == "\(paths[2]) can't predict together with \(paths[0]): its classes have other names")
    }
  }
}
