import Foundations
import Platform

/// A competition in Kaggle's form whose digits are drawn by the kit, to try things without Kaggle's files.
///
/// A row is a function of (seed, table, row number), so a longer table begins with the shorter one's rows.
public struct SyntheticSample: Sendable {
  /// The names of the files that `write(to:replacing:progress:)` writes, in its order.
  public static let fileNames = ["train.csv", "test.csv", "sample_submission.csv", "test_labels.csv"]

  /// Rows of `train.csv`.
  public let trainRows: Int
  /// Rows of each of the other files.
  public let testRows: Int
  /// What the digits are drawn from.
  public let seed: UInt64

  /// A sample of so many rows.
  public init(trainRows: Int, testRows: Int, seed: UInt64) {
    precondition(trainRows >= 0 && testRows >= 0, "rows can't be fewer than none")
    self.trainRows = trainRows
    self.testRows = testRows
    self.seed = seed
  }

  /// A row of `train.csv`, counted from 0: a digit from 0 to 9, each equally likely, and its 784 bytes.
  public func trainingRow(_ row: Int) -> (label: Int, pixels: [UInt8]) {
    drawnRow(row, of: .train)
  }

  /// A row of `test.csv`, counted from 0, with its answer.
  public func testRow(_ row: Int) -> (label: Int, pixels: [UInt8]) {
    drawnRow(row, of: .test)
  }

  private func drawnRow(_ row: Int, of table: SyntheticTable) -> (label: Int, pixels: [UInt8]) {
    var stream = RandomStream(Philox(seed: seed), .sample, epoch: table.rawValue, image: row)
    let label = stream.below(10)
    return (label, drawnDigit(label, from: &stream))
  }

  /// Writes the competition's three files, and the answers to `test.csv` in the form of a submission, into a
  /// folder, which it makes if need be; returns their paths, in the order of `fileNames`.
  ///
  /// All rows are drawn before the first file is put in its place. `progress` is told from time to time how
  /// many of the `trainRows + testRows` are, and says whether to go on; if not, no file is there or changed, and
  /// nil is returned. Fails (`cannotWrite`) if the folder can't be made or written,
  /// or, before anything is drawn, if one of the files exists and `replacing` is false.
  @discardableResult
  public func write(
    to folder: String, replacing: Bool, progress: (Int) -> Bool = { _ in true }
  ) throws(KitError) -> [String]? {
    try makeFolders(folder)
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    var files: [WholeFile] = []
    for name in Self.fileNames { files.append(try WholeFile(at: prefix + name, replacing: replacing)) }
    let (train, test, submission, answers) = (files[0], files[1], files[2], files[3])

    let pixelNames = (0..<784).map { "pixel\($0)" }.joined(separator: ",")
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

/// The streams of draws, told apart by Philox's epoch.
enum SyntheticTable: Int {
  case train = 0
  case test = 1
  /// Single digits of a label that the caller chose.
  case chosen = 2
}

/// The bytes as decimal numbers with commas between them, and a line feed.
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
