import Competition
import Foundations
import Pictures
import TestSupport
import Testing

/// Folders of pictures named by class.
@Suite struct PictureTableTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a 28×28 picture with one value; returns its pixels.
  @discardableResult
  private func write(_ name: String, _ value: UInt8) throws -> [UInt8] {
    let pixels = (0..<784).map { $0 < 300 ? 0 : value }
    try folder.write(name, PNG.grey(width: 28, height: 28, pixels: pixels))
    return pixels
  }

  @Test func foldersAreClasses() throws {
    for name in ["b", "A", ".hidden", "empty"] { _ = try folder.folder(name) }
    let first = try write("A/2.png", 7)
    try write("A/10.PNG", 8)
    try write("b/x.png", 9)
    try folder.write("b/Thumbs.db", [1, 2, 3])
    let table = try DataSource(finding: folder.path).training()
    #expect(table.classes.names == ["A", "b"])
    #expect(table.labels == [0, 0, 1])
    #expect(table.naming == .names(["A/10.PNG", "A/2.png", "b/x.png"]))
    #expect(Array(table.pixels[784..<1568]) == first)
    #expect(table.naming.place(ofRow: 2) == "row 2, b/x.png")
    #expect(try DataSource(finding: folder.path).files == [folder.path + "/A", folder.path + "/b"])
  }

  @Test func numbersComeInTheirOrder() throws {
    for number in 0..<12 {
      _ = try folder.folder("\(number)")
      try write("\(number)/a.png", UInt8(number))
    }
    let table = try DataSource(finding: folder.path).training()
    #expect(table.classes == Classes(count: 12))
    #expect(table.labels == (0..<12).map { UInt8($0) })
    var form = TableForm()
    form.classes = .digits
    #expect(
      message(of: .badData) { try DataSource(finding: folder.path).training(form) }
        == "\(folder.path)/10 is called like none of the classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)")
  }

  @Test func trainAndTest() throws {
    for name in ["train/cat", "train/dog", "test"] { _ = try folder.folder(name) }
    try write("train/cat/1.png", 1)
    try write("train/dog/1.png", 2)
    try write("test/9.png", 3)
    try write("test/10.png", 4)
    let source = try DataSource(finding: folder.path)
    #expect(try source.training().classes.names == ["cat", "dog"])
    let reader = try source.test()
    var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
    #expect(try reader.read(upTo: 10, pixels: &pixels, labels: &labels) == 2)
    #expect(reader.ids == ["9", "10"] && labels.isEmpty && pixels[783] == 3)
    // Pictures of a test table that are sorted by class have labels, too.
    for name in ["test/cat", "test/dog"] { _ = try folder.folder(name) }
    try write("test/cat/1.png", 5)
    try write("test/dog/1.png", 6)
    var form = TableForm()
    form.classes = try source.training().classes
    #expect(try source.labelledTest(form).labels == [0, 1])
    let ids = try source.test(form)
    _ = try ids.read(upTo: 10, pixels: &pixels, labels: &labels)
    #expect(ids.ids == ["cat/1.png", "dog/1.png"])
  }

  @Test func refusals() throws {
    for name in ["a", "b"] { _ = try folder.folder(name) }
    try write("a/1.png", 1)
    #expect(
      message(of: .badData) { try DataSource(finding: folder.path).training() }
        == "\(folder.path) has 1 class; there must be 2 to 64")
    try write("b/1.png", 1)
    try folder.write("b/2.png", PNG.grey(width: 40, height: 40, pixels: [UInt8](repeating: 255, count: 1600)))
    #expect(
      message(of: .badData) { try DataSource(finding: folder.path).training() }
        == "\(folder.path)/b/2.png: there is no ink in the picture; move it away")
    try folder.write("b/2.png", [1, 2, 3])
    #expect(
      message(of: .badData) { try DataSource(finding: folder.path).training() }
        .hasPrefix("\(folder.path)/b/2.png is not a picture"))
    try folder.write("b/notes.txt", [65])
    #expect(
      message(of: .badData) { try DataSource(finding: folder.path).training() }
        .hasPrefix("\(folder.path)/b/notes.txt is not a picture that can be read"))
  }
}
