import Foundations
import Pictures
import Runs

/// The sources and the pictures among a command's arguments.
struct Inputs {
  /// Checkpoints, runs and cross-validations.
  private(set) var sources: [String] = []
  /// Paths of picture files; `-` is standard input.
  private(set) var pictures: [String] = []

  /// The name of standard input.
  static let standardInput = "-"

  private static let endings = [".png", ".jpg", ".jpeg", ".pgm", ".ppm", ".pbm", ".pnm"]

  /// Sorts names by what is there: a folder of a run and a checkpoint file are sources, all else are pictures.
  ///
  /// - Throws: `usage` if there are no sources or no pictures; `missingInput` if something is not there.
  init(_ names: [String]) throws(KitError) {
    for name in names {
      if name == Self.standardInput {
        guard !pictures.contains(name) else {
          throw KitError(.usage, "- is named twice; it can be read once")
        }
        pictures.append(name)
      } else if Self.isSource(name) {
        sources.append(name)
      } else if isFolder(name) {
        pictures += try Self.pictures(in: name)
      } else {
        pictures.append(name)
      }
    }
    guard !sources.isEmpty else {
      throw KitError(.usage, "a checkpoint or a run is needed beside the pictures, such as runs/2026-11-20-a")
    }
    guard !pictures.isEmpty else { throw KitError(.usage, "a picture is needed, such as photo.jpg") }
  }

  private static func isSource(_ name: String) -> Bool {
    if !isFolder(name) { return name.hasSuffix(".safetensors") }
    let folder = withoutFinalSlash(name)
    return !RunDirectory.members(of: folder).isEmpty || !RunDirectory.folds(of: folder).isEmpty
      || checkpoint(inMemberFolder: folder) != nil
  }

  private static func pictures(in name: String) throws(KitError) -> [String] {
    let folder = withoutFinalSlash(name)
    let found = try folderEntries(folder).filter { entry in
      !entry.hasPrefix(".") && endings.contains { entry.lowercased().hasSuffix($0) }
    }
    guard !found.isEmpty else {
      throw KitError(
        .missingInput,
        "\(name) is neither a run nor a folder with pictures (\(endings.joined(separator: ", ")))")
    }
    return found.map { "\(folder)/\($0)" }
  }
}
