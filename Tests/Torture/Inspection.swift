import Checkpoints
import Competition
import Foundation
import Foundations
import Platform
import Runs
import TestSupport

/// What is wrong with the files in a folder after a command was killed or failed: each is whole, or not there.
///
/// They are read by the kit's own readers. A temporary file is left by a kill and says nothing.
func problems(in folder: String) throws -> [String] {
  try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().compactMap { path in
    let file = "\(folder)/\(path)"
    guard !WholeFile.isTemporary((path as NSString).lastPathComponent), !isFolder(file) else { return nil }
    do {
      return try read(file) ? nil : "\(path) is a file that no command writes"
    } catch {
      return "\(path) does not load: \(error)"
    }
  }
}

/// Reads a file that a command has written; false if its name is none that a command gives.
private func read(_ path: String) throws -> Bool {
  func mustEnd(with ending: String) throws {
    guard try text(path).hasSuffix(ending) else { throw TestProblem("it does not end with \(ending)") }
  }
  let name = (path as NSString).lastPathComponent
  switch name {
  case ConfigurationFile.name: _ = try ConfigurationFile(reading: path)
  case PlanFile.name: _ = try PlanFile(of: (path as NSString).deletingLastPathComponent)
  case HistoryFile.name: _ = try HistoryFile.read(path)
  case TimingsFile.name: _ = try TimingsFile.read(path)
  case StateFile.name: _ = try StateFile.read(path, side: DigitTable.side, epochs: nil)
  case CrossValidationFile.name: _ = try CrossValidationFile(reading: path)
  case FoldsFile.name: _ = try FoldsFile.read(path)
  case OutOfFoldFile.name: _ = try OutOfFoldFile.read(path)
  case MemberPredictionsFile.name: _ = try MemberPredictionsFile.read(path)
  case LastCheckpointFile.name, BestCheckpointFile.name:
    _ = try Checkpoint(reading: path, side: DigitTable.side)
  case ".lock": break
  case _ where name.hasPrefix("events.out.tfevents."): break
  case _ where name.hasSuffix(".html"): try mustEnd(with: "</html>\n")
  case _ where name.hasSuffix(".svg"): try mustEnd(with: "</svg>\n")
  case _ where name.hasSuffix(".csv"): try checkSubmission(at: path, expectedRows: Bench.testRows)
  case _ where name.hasSuffix(".json"):
    let manifest = try JSON.parse(Array(bytes(path)), from: path)
    let submission = String(path.dropLast(5)) + ".csv"
    guard manifest["sha256"]?.string == (try SHA256.hexadecimal(ofFileAt: submission)) else {
      throw TestProblem("it is the manifest of another submission")
    }
  default: return false
  }
  return true
}

/// How the files of promised bytes differ from those of an undisturbed run.
func differences(_ found: [String: Data], from expected: [String: Data]) -> [String] {
  Set(found.keys).union(expected.keys).sorted().compactMap { path in
    switch (found[path], expected[path]) {
    case (nil, _): "\(path) is missing at the end"
    case (_, nil): "\(path) is left at the end"
    case (let first, let second): first == second ? nil : "\(path) has other bytes at the end"
    }
  }
}
