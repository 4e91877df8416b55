import Competition
import Foundations
import TestSupport
import Testing

/// IDX files, as MNIST and Fashion-MNIST have them.
@Suite struct IDXTests {
  private let rows = randomRows(300, seed: 21)
  private let testRows = randomRows(40, seed: 22)
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file of unsigned bytes with these dimensions.
  private func idx(_ dimensions: [Int], _ values: [UInt8], type: UInt8 = 8) -> [UInt8] {
    [0, 0, type, UInt8(dimensions.count)] + dimensions.flatMap { Array(little($0, 4).reversed()) } + values
  }

  private func images(_ rows: Rows) -> [UInt8] { idx([rows.labels.count, 28, 28], rows.pixels) }

  private func labels(_ rows: Rows) -> [UInt8] { idx([rows.labels.count], rows.labels) }

  private func read(_ path: String, _ form: TableForm = TableForm()) throws(KitError) -> Rows {
    let table = try DataSource(finding: path).training(form)
    return Rows(pixels: table.pixels, labels: table.labels)
  }

  @Test func theFourFilesOfAFolder() throws {
    try folder.write("train-images-idx3-ubyte", images(rows))
    try folder.write("train-labels-idx1-ubyte.gz", deflated(labels(rows), gzip: true))
    try folder.write("t10k-images.idx3-ubyte.gz", deflated(images(testRows), gzip: true))
    try folder.write("t10k-labels.idx1-ubyte.gz", deflated(labels(testRows), gzip: true))
    #expect(try read(folder.path) == rows)
    let source = try DataSource(finding: folder.path)
    #expect(try readRows(source.test(), limit: 7).pixels == testRows.pixels)
    #expect(try source.labelledTest().labels == testRows.labels)
    #expect(source.files.count == 4)
    // By their own names, too; a compressed copy beside a file is the same table.
    #expect(try read(folder.path + "/train-images-idx3-ubyte") == rows)
    try folder.write("train-images-idx3-ubyte.gz", deflated(images(rows), gzip: true))
    #expect(try read(folder.path) == rows)
    #expect(try source.training().naming.place(ofRow: 3) == "row 3")
  }

  @Test func namesOfEMNISTAndTransposedImages() throws {
    let letters = Rows(pixels: rows.pixels, labels: rows.labels.enumerated().map { UInt8($0.offset % 27) })
    try folder.write("emnist-letters-train-images-idx3-ubyte", images(letters))
    try folder.write("emnist-letters-train-labels-idx1-ubyte", labels(letters))
    var form = TableForm()
    form.classes = Classes(count: 27)
    form.isTransposed = true
    let read = try read(folder.path, form)
    #expect(read.labels == letters.labels)
    for (row, column) in [(0, 0), (3, 17), (27, 5)] {
      #expect(read.pixels[784 * 2 + row * 28 + column] == rows.pixels[784 * 2 + column * 28 + row])
    }
    // As digits they are refused, with the label's place.
    #expect(
      message(of: .badData) { try self.read(folder.path) }
        == "\(folder.path)/emnist-letters-train-labels-idx1-ubyte: byte 18: the label of row 10 is 10; a label is a digit from 0 to 9 (--classes tells of more)"
    )
    try folder.write("emnist-digits-train-images-idx3-ubyte", images(rows))
    #expect(message(of: .missingInput) { try self.read(folder.path) }.contains("has several tables"))
  }

  @Test func refusals() throws {
    let path = try folder.write("train-images-idx3-ubyte", images(rows))
    let labelPath = folder.path + "/train-labels-idx1-ubyte"
    func refusal(images: [UInt8]? = nil, labels: [UInt8]) throws -> String {
      if let images { try folder.write("train-images-idx3-ubyte", images) }
      try folder.write("train-labels-idx1-ubyte", labels)
      return message { try read(path) }
    }
    #expect(message(of: .missingInput) { try read(path) } == "\(path) has no file of labels beside it")
    #expect(
      try refusal(labels: idx([299], Array(rows.labels.dropLast())))
        == "\(labelPath): byte 4: there are 299 labels, but 300 images in \(path)")
    #expect(
      try refusal(labels: idx([1, 300], rows.labels)) == "\(labelPath): byte 3: labels have one dimension")
    #expect(
      try refusal(labels: idx([300], Array(rows.labels.dropLast())))
        == "\(labelPath) is truncated; download or copy it again")
    #expect(try refusal(labels: labels(rows) + [0]).hasPrefix("\(labelPath) has trailing data"))
    #expect(
      try refusal(images: Array(images(rows).dropLast()), labels: labels(rows)).hasPrefix(
        "\(path) is truncated"))
    #expect(try refusal(images: images(rows) + [7], labels: labels(rows)).hasPrefix("\(path) has trailing"))
    #expect(
      try refusal(images: idx([0, 28, 28], []), labels: idx([0], []))
        == "\(path): byte 4: there are no images")
    #expect(
      try refusal(images: idx([1, 32, 32], [UInt8](repeating: 0, count: 1024)), labels: idx([1], [3]))
        == "\(path): byte 8: the images have 32×32 pixels; only 28×28 can be read")
    #expect(
      try refusal(
        images: idx([1, 28, 28], [UInt8](repeating: 0, count: 784), type: 13), labels: idx([1], [3]))
        == "\(path): byte 2: the values are of type 13; only bytes, type 8, can be read")
    #expect(
      message { try read(labelPath) } == "\(labelPath): byte 3: these are labels; name the file of images")
    var packed = deflated(images(rows), gzip: true)
    // The checksum is at the end.
    packed[packed.count - 8] ^= 1
    let damaged = try folder.write("x.gz", packed)
    #expect(
      message(of: .badData) { try readRows(DataSource(finding: damaged).test()) }.contains("is damaged"))
  }
}
