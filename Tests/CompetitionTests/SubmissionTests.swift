import Competition
import Foundation
import Foundations
import TestSupport
import Testing

@Suite struct SubmissionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func check(_ text: String, expectedRows: Int? = nil) throws -> String {
    let path = try folder.write("s.csv", Array(text.utf8))
    let refusal = message { try checkSubmission(at: path, expectedRows: expectedRows) }
    return refusal.replacingOccurrences(of: folder.path + "/", with: "")
  }

  @Test func exactBytes() throws {
    let path = folder.path + "/submission.csv"
    let file = try SubmissionFile(at: path, replacing: false)
    try file.append([2, 0])
    try file.append([])
    try file.append([9])
    #expect(file.count == 3)
    #expect(!FileManager.default.fileExists(atPath: path))
    try file.commit()
    let text = try text(path)
    #expect(text == "ImageId,Label\n1,2\n2,0\n3,9\n")
    #expect(try checkSubmission(at: path, expectedRows: 3) == 3)
    #expect(throws: KitError.self) { try SubmissionFile(at: path, replacing: false) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["submission.csv"])
  }

  @Test func longFile() throws {
    let path = folder.path + "/long.csv"
    let file = try SubmissionFile(at: path, replacing: false)
    for _ in 0..<50 { try file.append([UInt8](repeating: 7, count: 999)) }
    try file.commit()
    #expect(try checkSubmission(at: path, expectedRows: nil) == 49950)
  }

  @Test func acceptsOtherSpellings() throws {
    #expect(try check("ImageId,Label\r\n1,2\r\n2,0\r\n", expectedRows: 2) == "accepted")
    #expect(try check("\"ImageId\",\"Label\"\n\"1\",2\n2,\"0\"", expectedRows: 2) == "accepted")
    #expect(try check("ImageId,Label\n", expectedRows: 0) == "accepted")
  }

  @Test func refuses() throws {
    let ids = "ids count from 1, in order and without gaps"
    #expect(try check("").hasSuffix("s.csv is empty; the header ImageId,Label is missing"))
    #expect(try check("Label,ImageId\n1,2\n") == "s.csv:1:1: the header must be ImageId,Label")
    #expect(try check("ImageId\n1\n") == "s.csv:1:1: the header must be ImageId,Label")
    #expect(try check("ImageId,Label,x\n") == "s.csv:1:2: the header must be ImageId,Label")
    let start = "ImageId,Label\n1,2\n"
    #expect(try check(start + "1,3\n") == "s.csv:3:1: ImageId is 1 where 2 was expected; \(ids)")
    #expect(try check(start + "3,3\n") == "s.csv:3:1: ImageId is 3 where 2 was expected; \(ids)")
    #expect(try check(start + "x,3\n") == "s.csv:3:1: ImageId is \"x\" where 2 was expected; \(ids)")
    #expect(try check(start + "2,10\n") == "s.csv:3:2: Label is 10; a label is a digit from 0 to 9")
    #expect(try check(start + "2,7.0\n") == "s.csv:3:2: Label is 7.0; a label is a digit from 0 to 9")
    #expect(try check(start + "2,\n") == "s.csv:3:2: Label is empty; a label is a digit from 0 to 9")
    #expect(try check(start + "2,3,4\n") == "s.csv:3:2: the row has more than two fields")
    #expect(
      try check(start + "2\n") == "s.csv:3:1: the row has only one field; ImageId and Label were expected")
    #expect(try check(start + "\n") == "s.csv:3:1: the line is blank")
    #expect(
      try check(start, expectedRows: 2) == "s.csv:3:1: the file has only 1 rows; the test file has 2")
    #expect(
      try check(start + "2,3\n", expectedRows: 1)
        == "s.csv:3:1: there are more rows than the test file has (1)")
    #expect(throws: KitError.self) { try checkSubmission(at: "/nowhere.csv", expectedRows: nil) }
  }
}
