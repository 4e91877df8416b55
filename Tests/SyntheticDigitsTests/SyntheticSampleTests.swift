import Foundations
import SyntheticDigits
import TestSupport
import Testing

@Suite struct SyntheticSampleTests {
  @Test func filesHaveKagglesForm() throws {
    let folder = try TemporaryFolder()
    let sample = SyntheticSample(trainRows: 5, testRows: 3, seed: 2)
    let output = folder.path + "/a/b"
    let paths = try sample.write(to: output + "/", replacing: false)
    #expect(paths == SyntheticSample.fileNames.map { "\(output)/\($0)" })

    let names = (0..<784).map { "pixel\($0)" }.joined(separator: ",")
    var train = "label,\(names)\n"
    for row in 0..<5 {
      let (label, pixels) = sample.trainingRow(row)
      train += "\(label)," + pixels.map(String.init).joined(separator: ",") + "\n"
    }
    var (test, answers) = ("\(names)\n", "ImageId,Label\n")
    for row in 0..<3 {
      let (label, pixels) = sample.testRow(row)
      test += pixels.map(String.init).joined(separator: ",") + "\n"
      answers += "\(row + 1),\(label)\n"
    }
    #expect(try text(output + "/train.csv") == train)
    #expect(try text(output + "/test.csv") == test)
    #expect(try text(output + "/sample_submission.csv") == "ImageId,Label\n1,0\n2,0\n3,0\n")
    #expect(try text(output + "/test_labels.csv") == answers)
  }

  @Test func existingFilesStayWithoutReplacing() throws {
    let folder = try TemporaryFolder()
    let last = folder.path + "/test_labels.csv"
    try WholeFile.write("mine", to: last, replacing: false)
    let sample = SyntheticSample(trainRows: 1, testRows: 1, seed: 2)
    let error = #expect(throws: KitError.self) { try sample.write(to: folder.path, replacing: false) }
    #expect(error?.kind == .cannotWrite)
    #expect(error?.message.contains(last) == true)
    #expect(try text(last) == "mine")
    #expect(folder.names == ["test_labels.csv"])

    try sample.write(to: folder.path + "/", replacing: true)
    #expect(try text(last).hasPrefix("ImageId,Label\n1,"))
  }

  @Test func folderThatCannotBeCreatedIsAnError() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/file"
    try WholeFile.write("mine", to: file, replacing: false)
    for output in [file, file + "/below", "", "/proc/none/here"] {
      let error = #expect(throws: KitError.self) {
        try SyntheticSample(trainRows: 1, testRows: 1, seed: 2).write(to: output, replacing: true)
      }
      #expect(error?.kind == .cannotWrite, "\(output)")
    }
    #expect(try text(file) == "mine")
  }

  @Test func progressCountsTheRowsOfBothTables() throws {
    let folder = try TemporaryFolder()
    var counts: [Int] = []
    try SyntheticSample(trainRows: 600, testRows: 250, seed: 2)
      .write(to: folder.path, replacing: false) {
        counts.append($0)
        return true
      }
    #expect(counts == [250, 500, 850])
  }

  @Test func aStopLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let sample = SyntheticSample(trainRows: 600, testRows: 600, seed: 3)
    #expect(try sample.write(to: folder.path, replacing: false) { $0 < 900 } == nil)
    #expect(try folderEntries(folder.path).isEmpty)
  }
}
