import Competition
import Foundations
import TestSupport
import Testing

/// Files of other kinds in place of a table: named, with what to do.
@Suite struct FileKindTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func refusal(_ bytes: [UInt8], name: String = "train.csv") throws -> String {
    let path = try folder.write(name, bytes)
    let data = message(of: .badData) { try DataSource(finding: path).training() }
    #expect(message(of: .badData) { try checkSubmission(at: path, expectedRows: nil) } == data)
    return data.replacing(path, with: name)
  }

  private static let asCSV = "save it as CSV (in pandas: to_csv(…, index=False))"

  private static func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: 600) }

  static let kinds: [(bytes: [UInt8], message: String)] = [
    ([0xFF, 0xFE] + Array("label".utf16).flatMap { [UInt8($0), 0] }, "UTF-16 text; save it as UTF-8"),
    ([0xFE, 0xFF] + Array("label".utf16).flatMap { [0, UInt8($0)] }, "UTF-16 text; save it as UTF-8"),
    (Array("label,pixel0".utf16).flatMap { [UInt8($0), 0] }, "UTF-16 text; save it as UTF-8"),
    (Array("label,pixel0".utf16).flatMap { [0, UInt8($0)] }, "UTF-16 text; save it as UTF-8"),
    ([0xFF, 0xFE, 0, 0, 0x6C, 0, 0, 0], "UTF-32 text; save it as UTF-8"),
    ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x6C], "UTF-32 text; save it as UTF-8"),
    (Array("label".utf16).flatMap { [UInt8($0), 0, 0, 0] }, "UTF-32 text; save it as UTF-8"),
    (padded([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]), "an xz file; unpack it first (xz -d)"),
    (padded(Array("BZh91AY".utf8)), "a bzip2 file; unpack it first (bunzip2)"),
    (padded([0x28, 0xB5, 0x2F, 0xFD]), "a Zstandard file; unpack it first (zstd -d)"),
    (padded([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]), "a 7z archive; unpack it first (7z x)"),
    (padded(Array("Rar!".utf8)), "a RAR archive; unpack it first (unrar x)"),
    (tar, "a tar archive; unpack it first (tar -xf)"),
    (deflated(tar, gzip: true), "a tar archive; unpack it first (tar -xf)"),
    (deflated(deflated(tar, gzip: true), gzip: true), "a gzip file; unpack it first (gunzip)"),
    (padded(Array("PAR1".utf8)), "a Parquet file; \(asCSV)"),
    (padded(Array("FEA1".utf8)), "a Feather file; \(asCSV)"),
    (padded(Array("ARROW1".utf8)), "an Arrow (Feather) file; \(asCSV)"),
    (padded([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]), "an HDF5 file; \(asCSV)"),
    (padded([0x93] + Array("NUMPY".utf8)), "a NumPy file (.npy); \(asCSV)"),
    (padded([0x80, 4, 0x95]), "a Python pickle; \(asCSV)"),
    (padded([0x80, 2, 0x7D]), "a Python pickle; \(asCSV)"),
    (padded([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]), "an Excel workbook (.xls); \(asCSV)"),
    (padded(Array("SQLite format 3".utf8)), "an SQLite database; \(asCSV)"),
    (
      Array("\n<!DOCTYPE html><html><head>".utf8),
      "an HTML page; a download without signing in gives such a page: sign in and download the file again"
    ),
    (
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n".utf8),
      "a Git LFS pointer; fetch the file that it stands for with git lfs pull"
    ),
    (padded([0x89, 0x50, 0x4E, 0x47]), "a PNG image; a CSV file is needed"),
    (padded([0xFF, 0xD8, 0xFF, 0xE0]), "a JPEG image; a CSV file is needed"),
    (padded(Array("%PDF-1.7".utf8)), "a PDF document; a CSV file is needed"),
    (Array("{\"kit\": 1}".utf8), "a JSON file; a CSV file is needed"),
    (little(64, 8) + Array("{\"__metadata__\":{}}".utf8), "a safetensors file; a CSV file is needed"),
  ]

  private static let tar = {
    var bytes = [UInt8](repeating: 0, count: 1024)
    bytes.replaceSubrange(0..<9, with: Array("train.csv".utf8))
    bytes.replaceSubrange(257..<262, with: Array("ustar".utf8))
    return bytes
  }()

  @Test func areNamed() throws {
    for (bytes, message) in Self.kinds { #expect(try refusal(bytes) == "train.csv is \(message)") }
  }

  @Test func archivesOfOtherPrograms() throws {
    let kinds: [(members: [String], message: String)] = [
      (["archive/data.pkl", "archive/version"], "a PyTorch file; a CSV file is needed"),
      (["x_train.npy", "y_train.npy"], "a NumPy archive (.npz); \(Self.asCSV)"),
      (["[Content_Types].xml", "xl/workbook.xml"], "an Excel workbook (.xlsx); \(Self.asCSV)"),
      (["mimetype", "content.xml"], "a spreadsheet; \(Self.asCSV)"),
      (["config.json", "model.weights.h5"], "a Keras model; a CSV file is needed"),
    ]
    for (members, message) in kinds {
      let archive = zip(members.map { ZipMember(name: $0, bytes: [65]) })
      #expect(try refusal(archive, name: "train.zip") == "train.zip is \(message)")
    }
  }

  /// An archive within an archive, and a member that is compressed twice.
  @Test func archivesWithin() throws {
    let rows = csv(randomRows(3, seed: 1))
    let inner = zip([ZipMember(name: "train.csv", bytes: rows)])
    #expect(
      try refusal(zip([ZipMember(name: "train.csv", bytes: inner)]), name: "a.zip")
        == "a.zip/train.csv is a zip archive; unpack it first (unzip)")
    #expect(
      try refusal(zip([ZipMember(name: "train.csv", bytes: deflated(rows, gzip: true))]), name: "a.zip")
        == "a.zip/train.csv is a gzip file; unpack it first (gunzip)")
    #expect(
      try refusal(deflated(inner, gzip: true), name: "a.csv.gz")
        == "a.csv.gz is a zip archive; unpack it first (unzip)")
    let path = try folder.write("b.zip", zip([ZipMember(name: "train.csv.zip", bytes: inner)]))
    #expect(
      message { try DataSource(finding: path).training() }
        == "\(path) has no train.csv; it contains train.csv.zip; unpack it first (unzip)")
  }

  /// What tables and answers begin with is of no kind.
  @Test func textIsOfNoKind() {
    for text in [
      "", "label", "pixel0,", "\"label\"", "ImageId,Label", "\u{FEFF}label", "1,2\n", ",label", "row,p0",
    ] {
      #expect(FileKind(startingWith: Array(text.utf8)) == nil, "\(text)")
    }
  }
}
