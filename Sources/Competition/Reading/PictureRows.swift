import Foundations
import Pictures

/// Rows of a folder of pictures: 28×28 pixels as they are, others as `DigitFinder` normalizes the writing in them.
final class PictureRows: RowSource {
  let isLabelled: Bool
  let naming: RowNaming
  var rowCount: Int? { entries.count }
  private let entries: [PictureFolder.Entry]
  /// The class of each folder.
  private let labels: [UInt8]
  private var position = 0

  /// Lists the pictures.
  ///
  /// - Parameter classes: The classes, by whose names the folders are called; of no use where the pictures have none.
  /// - Throws: `badData` if a folder is called like no class; `missingInput` if a folder can't be read.
  init(_ folder: PictureFolder, classes: Classes, isLabelled: Bool) throws(KitError) {
    entries = try folder.entries()
    self.isLabelled = isLabelled && !folder.classNames.isEmpty
    naming = .names(entries.map(\.name))
    var labels: [UInt8] = []
    for name in self.isLabelled ? folder.classNames : [] {
      guard let label = classes.names.firstIndex(of: name) else {
        throw KitError(
          .badData,
          "\(folder.path)/\(name) is called like none of the classes (\(classes.names.joined(separator: ", ")))"
        )
      }
      labels.append(UInt8(label))
    }
    self.labels = labels
  }

  func read(
    upTo limit: Int, into pixels: inout [UInt8], at start: Int, _ batch: inout RowBatch
  ) throws(KitError) {
    while batch.count < limit, position < entries.count {
      let entry = entries[position]
      try StopRequest.check(while: "reading \(entry.path)")
      let image = try image(at: entry.path)
      let place = start + batch.count * DigitTable.pixelCount
      pixels.replaceSubrange(place..<place + DigitTable.pixelCount, with: image)
      if isLabelled, let folder = entry.folder { batch.labels.append(labels[folder]) }
      batch.ids.append(entry.id)
      batch.count += 1
      position += 1
    }
  }

  func skip(_ count: Int) -> Int {
    let skipped = min(count, entries.count - position)
    position += skipped
    return skipped
  }

  private func image(at path: String) throws(KitError) -> [UInt8] {
    let picture = try Picture(at: path)
    if let whole = FoundDigit(whole: picture) { return whole.image }
    switch DigitFinder.find(in: picture) {
    case .noInk: throw KitError(.badData, "\(path): there is no ink in the picture; move it away")
    case .moreThanOneDigit(let parts):
      throw KitError(
        .badData,
        "\(path): there is writing in \(parts) places; a picture must show one character, or have 28×28 pixels"
      )
    case .digits(let digits):
      guard let first = digits.first else {
        throw KitError(.badData, "\(path): there is no ink in the picture")
      }
      return first.image
    }
  }
}
