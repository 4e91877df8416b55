import Competition
import Foundations

/// `timings.csv`: the seconds of each epoch. They are one machine's, so the promise of equal bytes does not cover the file.
public enum TimingsFile: RunFile {
  package static let name = "timings.csv"
  package static let owners = [RunFolder.member]
  package static let summary = "the seconds of each epoch"

  private static let titles = ["epoch", "seconds"]

  /// Reads a file: epochs in order, some of which may be missing, with their seconds. Throws `missingInput` if it is not
  /// there, `badData` with line and field if it is malformed.
  public static func read(_ path: String) throws(KitError) -> [(epoch: Int, seconds: Double)] {
    var scanner = try CSVScanner(fileAt: path)
    try scanner.scanTitles(titles)
    var rows: [(epoch: Int, seconds: Double)] = []
    while try !scanner.isAtEnd() {
      var epoch = 0
      try scanner.scanRow(of: titles.count) { (column, field) throws(KitError) in
        if column == 0 {
          guard let number = field.number, number > rows.last?.epoch ?? 0 else {
            throw field.error("epoch is \(field.shownText); epochs count up from 1")
          }
          epoch = number
        } else {
          guard let seconds = field.decimal, seconds >= 0, seconds.isFinite else {
            throw field.error("seconds is \(field.shownText); it must be a number of at least 0")
          }
          rows.append((epoch, seconds))
        }
      }
    }
    return rows
  }

  /// Adds an epoch's seconds, dropping what an earlier process wrote about it or later ones. A file that can't be read is
  /// started afresh: the seconds of a training are not worth stopping it.
  package static func add(epoch: Int, seconds: Double, to path: String) throws(KitError) {
    let earlier = ((try? read(path)) ?? []).filter { $0.epoch < epoch }
    let milliseconds = (seconds * 1000).rounded() / 1000
    let lines = (earlier + [(epoch, milliseconds)]).map { "\($0.epoch),\($0.seconds)" }
    try WholeFile.write(
      ([titles.joined(separator: ",")] + lines).joined(separator: "\n") + "\n", to: path, replacing: true)
  }
}
