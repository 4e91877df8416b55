import TestSupport
import Foundation
import Foundations
import Scoring
import Testing
@testable import Runs

/// `out-of-fold.csv` comes back to the bit, and one that was not written so is refused with line and field.
@Suite struct OutOfFoldFileTests {
  private let evaluation: Evaluation = {
    var stream = RandomStream(Philox(seed: 5), .sample)
    var probabilities: [Double] = []
    for _ in 0..<30 {
      let draws = (0..<10).map { _ in -Elementary.log(1 - stream.uniform()) }
      probabilities += draws.map { $0 / draws.reduce(0, +) }
    }
    return Evaluation(
      rows: (0..<30).map { $0 * 3 }, labels: (0..<30).map { UInt8($0 % 10) }, probabilities: probabilities)
  }()

  @Test func comesBackToTheBit() throws {
    try withTemporaryFolder { folder in
      let path = OutOfFoldFile.path(in: folder)
      try OutOfFoldFile.write(evaluation, to: path)
      let read = try OutOfFoldFile.read(path)
      #expect(read.rows == evaluation.rows)
      #expect(read.labels == evaluation.labels)
      #expect(read.probabilities == evaluation.probabilities)
      #expect(read.predictions == evaluation.predictions)
    }
  }

  @Test func otherClassesHaveAColumnEach() throws {
    try withTemporaryFolder { folder in
      let path = OutOfFoldFile.path(in: folder)
      let classes = try Classes(named: ["A", "B", "C"], from: "f")
      let three = Evaluation(
        rows: [1, 4], labels: [2, 0], probabilities: [0.25, 0.25, 0.5, 0, 1, 0], kinds: classes)
      try OutOfFoldFile.write(three, to: path)
      #expect(try text(path) == "row,label,prediction,p0,p1,p2\n1,2,2,0.25,0.25,0.5\n4,0,1,0.0,1.0,0.0\n")
      #expect(try OutOfFoldFile.read(path).kinds == Classes(count: 3))
      #expect(try OutOfFoldFile.read(path, classes: classes).kinds == classes)
      #expect(
        message(of: .badData) { try OutOfFoldFile.read(path, classes: .digits) }
          .hasPrefix("\(path):1:6: the header must be row,label,prediction,p0,p1,p2,p3,"))
    }
  }

  @Test(arguments: [
    ("", "is empty"), ("row,label\n", ":1:2: the header must be"),
    ("HEADER", "has no rows"),
    ("HEADER3,1,0,1,0,0,0,0,0,0,0,0\n", ":2:12: the row must have 13 fields"),
    ("HEADER3,1,0,1,0,0,0,0,0,0,0,0,0,0\n", ":2:13: the row must have 13 fields"),
    ("HEADERx,1,0,1,0,0,0,0,0,0,0,0,0\n", ":2:1: row is \"x\""),
    ("HEADER3,10,0,1,0,0,0,0,0,0,0,0,0\n", ":2:2: label is 10"),
    ("HEADER3,1,0,1.5,0,0,0,0,0,0,0,0,0\n", ":2:4: p0 is 1.5"),
    ("HEADER3,1,0,nan,0,0,0,0,0,0,0,0,0\n", ":2:4: p0 is"),
    ("HEADER3,1,0,0.5,0,0,0,0,0,0,0,0,0\n", ":2:4: the probabilities sum to 0.5"),
    ("HEADER3,1,5,1,0,0,0,0,0,0,0,0,0\n", ":2:3: prediction is 5"),
    (
      "HEADER3,1,0,1,0,0,0,0,0,0,0,0,0\n3,1,0,1,0,0,0,0,0,0,0,0,0\n",
      ":3:1: row is 3; rows count up"
    ),
  ])
  func refusesWhatTheKitDoesNotWrite(text: String, message: String) throws {
    try withTemporaryFolder { folder in
      let path = OutOfFoldFile.path(in: folder)
      let header = "row,label,prediction,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9\n"
      try write(text.replacing("HEADER", with: header), to: path)
      let error = #expect(throws: KitError.self) { try OutOfFoldFile.read(path) }
      #expect(error?.kind == .badData)
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
  }
}
