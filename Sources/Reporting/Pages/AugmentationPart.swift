import Augmentation
import Competition
import Foundations
import Pictures
import Runs

extension RunReport {
  /// The first row of each digit, or of the first twelve classes, as it is and as training sees it in the first six epochs.
  var augmentationPart: ReportPart? {
    guard let example = augmentation, let table else { return nil }
    let changes = example.augmentation.descriptions
    let title = "Augmentation"
    let rows = Array(
      (0..<table.classes.count).compactMap { table.labels.firstIndex(of: UInt8($0)) }.prefix(12))
    if changes.isEmpty || rows.isEmpty {
      return ReportPart(
        section: .init(id: "augmentation", title: title, body: paragraph("Training images were not changed."))
      )
    }
    let epochs = 0..<6
    let augmenter = ImageAugmenter(
      example.augmentation, of: example.preprocessing, side: DigitTable.side, Philox(seed: example.seed),
      example.kernels)
    let originals = rows.map { onPaper(pixels(of: $0, in: table)) }
    let changed = epochs.flatMap { epoch in
      rows.map { row in
        onPaper(augmented(row, of: table, epoch: epoch, augmenter))
      }
    }
    let digits = rows.map { table.classes.name(table.labels[$0]) }.joined(separator: ", ")
    let body = """
      \(paragraph("Drawn again for every image in each epoch: \(changes.joined(separator: ", ")).", "soft"))
      <figure class="sheets">
      <figcaption>Originals</figcaption>
      \(sheet(originals, columns: rows.count, "The first training images of the \(table.classes.areDigits ? "digits" : "classes") \(digits)"))
      <figcaption>In the first \(epochs.count) epochs</figcaption>
      \(sheet(changed, columns: rows.count, "The same images, augmented at random, one row per epoch"))
      </figure>
      """
    return ReportPart(section: .init(id: "augmentation", title: title, body: body))
  }

  private func pixels(of row: Int, in table: DigitTable) -> [UInt8] {
    Array(table.pixels[row * DigitTable.pixelCount..<(row + 1) * DigitTable.pixelCount])
  }

  /// A row's image as training sees it in an epoch, converted back to bytes.
  private func augmented(
    _ row: Int, of table: DigitTable, epoch: Int, _ augmenter: ImageAugmenter
  ) -> [UInt8] {
    let values = [Float](unsafeUninitializedCapacity: DigitTable.pixelCount) { target, count in
      guard let start = target.baseAddress else { return }
      table.withPixels(of: row) { augmenter.apply(row: row, epoch: epoch, $0, to: start) }
      count = DigitTable.pixelCount
    }
    return values.map { UInt8(min(255, max(0, ($0 * 255).rounded()))) }
  }

  private func sheet(_ pictures: [[UInt8]], columns: Int, _ text: String) -> String {
    let (side, gap) = (DigitTable.side, 2)
    let file = PNG.contactSheet(pictures, width: side, height: side, columns: columns, gap: gap)
    let rows = (pictures.count + columns - 1) / columns
    let (width, height) = (columns * (side + gap) - gap, rows * (side + gap) - gap)
    return """
      <img class="sheet" width="\(width)" height="\(height)" alt="\(escaped(text))" src="\(PNG.address(file))"/>
      """
  }
}
