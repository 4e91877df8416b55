import Checkpoints
import Foundations
import Runs
import TestSupport
import Testing

@Suite struct FileComparisonTests {
  @Test func theFirstDifferenceIsNamed() throws {
    let folder = try TemporaryFolder()
    let again = try folder.write("again.csv", Array("a,b\n1,2\n3,4\n".utf8))
    func compare(_ text: String) throws -> FileComparison {
      try FileComparison(of: try folder.write("first.csv", Array(text.utf8)), with: again)
    }
    #expect(try compare("a,b\n1,2\n3,4\n") == .same)
    #expect(try compare("a,b\n1,9\n3,4\n") == .different("line 2 is '1,9', reproduced '1,2'"))
    #expect(try compare("a,b\n1,2\n") == .different("it has 8 bytes, reproduced 12"))
    #expect(try FileComparison(of: "\(folder.path)/none", with: again) == .missing)
  }

  @Test func aTensorsElementIsNamed() throws {
    let folder = try TemporaryFolder()
    func file(_ name: String, _ value: Float, _ note: String) throws -> String {
      let tensors = ["weights": SafeTensors.Tensor(shape: [3], values: .float32([1, value, 3]))]
      let path = "\(folder.path)/\(name).safetensors"
      try SafeTensors(metadata: ["note": note], tensors: tensors).write(to: path, replacing: true)
      return path
    }
    let again = try file("again", 2, "x")
    #expect(
      try FileComparison(of: try file("first", 2.5, "x"), with: again)
        == .different("element 1 of tensor weights is 2.5, reproduced 2.0"))
    guard case .different(let place) = try FileComparison(of: try file("other", 2, "y"), with: again) else {
      Issue.record("the headers differ")
      return
    }
    #expect(place.contains("in the file's header"))
    // Whatever is there instead of a header.
    for junk in [[], [1], [UInt8](repeating: 0xFF, count: 64)] {
      let path = try folder.write("junk.safetensors", junk)
      #expect(try FileComparison(of: path, with: again) != .same)
      #expect(try FileComparison(of: again, with: path) != .same)
    }
  }
}
