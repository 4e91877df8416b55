import Foundation
import Foundations
import TestSupport
import Testing

@Suite struct FileIdentityTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path }

  init() throws { folder = try TemporaryFolder() }

  private func refusal(_ outputs: [String], inputs: [String] = []) -> String {
    let outputs = outputs.map { OutputFile("--output", $0) }
    return message(of: .usage) { try requireOwnFiles(outputs, inputs: inputs) }
  }

  @Test func linksOfBothKindsAreFollowed() throws {
    let manager = FileManager.default
    try folder.write("a.csv", [1])
    try manager.linkItem(atPath: "\(path)/a.csv", toPath: "\(path)/hard.csv")
    try manager.createSymbolicLink(atPath: "\(path)/soft.csv", withDestinationPath: "a.csv")
    try manager.createSymbolicLink(atPath: "\(path)/far.csv", withDestinationPath: "\(path)/soft.csv")
    try manager.createSymbolicLink(atPath: "\(path)/folder", withDestinationPath: path)
    for name in [
      "a.csv", "./a.csv", "hard.csv", "soft.csv", "far.csv", "folder/a.csv",
      "folder/../\((path as NSString).lastPathComponent)/a.csv",
    ] {
      #expect(FileIdentity("\(path)/\(name)") == FileIdentity("\(path)/a.csv"), "\(name)")
      #expect(
        refusal(["\(path)/\(name)"], inputs: ["\(path)/a.csv"]).contains("is a file that this command reads"))
    }
    try folder.write("b.csv", [1])
    #expect(FileIdentity("\(path)/b.csv") != FileIdentity("\(path)/a.csv"))
    #expect(refusal(["\(path)/b.csv"], inputs: ["\(path)/a.csv", "\(path)/none"]) == "accepted")
  }

  @Test func filesThatAreNotThereYet() throws {
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: "\(path)/folder", withDestinationPath: path)
    try manager.createSymbolicLink(atPath: "\(path)/soft.csv", withDestinationPath: "new.csv")
    for name in ["folder/new.csv", "soft.csv", "./new.csv"] {
      let twice = refusal(["\(path)/new.csv", "\(path)/\(name)"])
      #expect(twice.hasPrefix("--output \(path)/\(name) is the same file as --output \(path)/new.csv"))
    }
    #expect(refusal(["\(path)/new.csv", "\(path)/other.csv"]) == "accepted")
    #expect(refusal(["\(path)/none/x.csv", "\(path)/none/y.csv"]) == "accepted")
    #expect(refusal(["\(path)/none/x.csv", "\(path)/none/x.csv"]) != "accepted")
  }

  @Test func formats() {
    func format(_ path: String) -> String {
      message(of: .usage) {
        try requireFormat(OutputFile("--output", path), ending: ".csv", what: "a submission")
      }
    }
    for path in ["s.csv", "s", "S.CSV", "a.zip/s.csv", "s.txt", "csv"] { #expect(format(path) == "accepted") }
    #expect(
      format("a b/sub.csv.zip")
        == "--output 'a b/sub.csv.zip': a submission is written as CSV, not as .zip; name it 'a b/sub.csv'")
    #expect(format("sub.xlsx").hasSuffix("not as .xlsx; name it sub.csv"))
    for path in ["s.csv.gz", "s.json", "s.html", "s.PARQUET", "s.safetensors"] {
      #expect(format(path) != "accepted")
    }
  }
}
