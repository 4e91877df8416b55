import Competition
import Foundations

/// A synthetic competition in Kaggle's format, with digits drawn by the kit, to try things without Kaggle's files.
///
/// A row depends only on the seed, the table and the row's number, so a longer table begins with a shorter one's rows.
public struct SyntheticSample: Sendable {
  /// The names of the files that `write(to:replacing:progress:)` writes, in this order.
  public static let fileNames = ["train.csv", "test.csv", "sample_submission.csv", "test_labels.csv"]

  /// Rows of `train.csv`.
  public let trainRows: Int
  /// Rows of each other file.
  public let testRows: Int
  /// What the digits are drawn from.
  public let seed: UInt64

  /// A sample with these numbers of rows.
  public init(trainRows: Int, testRows: Int, seed: UInt64) {
    precondition(trainRows >= 0 && testRows >= 0, "numbers of rows are not negative")
    self.trainRows = trainRows
    self.testRows = testRows
    self.seed = seed
  }

  /// A row of `train.csv`, counted from 0: a digit from 0 to 9, all equally likely, and its 784 pixels.
  public func trainingRow(_ row: Int) -> (label: Int, pixels: [UInt8]) {
    drawnRow(row, of: .train)
  }

  /// A row of `test.csv`, counted from 0, with the digit that is its answer.
  public func testRow(_ row: Int) -> (label: Int, pixels: [UInt8]) {
    drawnRow(row, of: .test)
  }

  private func drawnRow(_ row: Int, of table: SyntheticTable) -> (label: Int, pixels: [UInt8]) {
    var stream = RandomStream(Philox(seed: seed), .sample, epoch: table.rawValue, image: row)
    let label = stream.below(DigitClass.count)
    return (label, drawnDigit(label, from: &stream))
  }

  /// Writes the competition's three files, and the answers to `test.csv` in the format of a submission.
  ///
  /// The files appear when all rows have been drawn.
  ///
  /// - Parameters:
  ///   - folder: Where to write them; created if it is missing.
  ///   - replacing: Whether existing files may be replaced.
  ///   - progress: Called every 250 rows of a table with the number of rows drawn so far, of `trainRows + testRows`;
  ///     returning false stops, and then no file is created or changed.
  /// - Returns: The files' paths in the order of `fileNames`; nil if `progress` stopped it.
  /// - Throws: `cannotWrite` if the folder can't be created or written, or, before anything is drawn, if one of the
  ///   files exists and `replacing` is false.
  @discardableResult
  public func write(
    to folder: String, replacing: Bool, progress: (Int) -> Bool = { _ in true }
  ) throws(KitError) -> [String]? {
    try makeFolders(folder)
    let folder = withoutFinalSlash(folder)
    // Links may make two names one file.
    try requireOwnFiles(Self.fileNames.map { OutputFile("the sample's", "\(folder)/\($0)") }, inputs: [])
    var files: [WholeFile] = []
    for name in Self.fileNames { files.append(try WholeFile(at: "\(folder)/\(name)", replacing: replacing)) }
    let (train, test, submission, answers) = (files[0], files[1], files[2], files[3])

    let pixelNames = (0..<DigitTable.pixelCount).map { "pixel\($0)" }.joined(separator: ",")
    try train.write("label,\(pixelNames)\n")
    try test.write("\(pixelNames)\n")
    try submission.write("ImageId,Label\n")
    try answers.write("ImageId,Label\n")

    let step = 250
    for row in 0..<trainRows {
      let (label, pixels) = trainingRow(row)
      try train.write(Array("\(label),".utf8) + csvLine(pixels))
      if (row + 1) % step == 0, !progress(row + 1) { return nil }
    }
    for row in 0..<testRows {
      let (label, pixels) = testRow(row)
      try test.write(csvLine(pixels))
      try submission.write("\(row + 1),0\n")
      try answers.write("\(row + 1),\(label)\n")
      if (row + 1) % step == 0, !progress(trainRows + row + 1) { return nil }
    }
    for file in files { try file.commit() }
    return files.map(\.path)
  }
}

/// The tables, whose draws differ in Philox's epoch.
enum SyntheticTable: Int {
  case train = 0
  case test = 1
}

/// A row of CSV: the pixels as decimal numbers with commas between them, and a line feed.
private func csvLine(_ pixels: [UInt8]) -> [UInt8] {
  var line: [UInt8] = []
  line.reserveCapacity(pixels.count * 4)
  let zero = UInt8(ascii: "0")
  for pixel in pixels {
    if pixel >= 100 { line.append(zero + pixel / 100) }
    if pixel >= 10 { line.append(zero + pixel / 10 % 10) }
    line.append(zero + pixel % 10)
    line.append(UInt8(ascii: ","))
  }
  line[line.count - 1] = UInt8(ascii: "\n")
  return line
}
