import Augmentation
import Competition
import Foundations

extension RunReport {
  /// The first row of each digit, and what training makes of it in six epochs.
  var augmentationPart: ReportPart? {
    guard let example = augmentation, let table else { return nil }
    let bounds = example.augmentation
    let words = [
      bounds.shift > 0 ? "shifts up to \(percent(bounds.shift, 0)) of the side" : nil,
      bounds.rotation > 0 ? "rotations up to \(plain(bounds.rotation))° either way" : nil,
      bounds.zoom > 0 ? "\(percent(bounds.zoom, 0)) smaller to larger" : nil,
      bounds.shear > 0 ? "shear up to \(plain(bounds.shear))°" : nil,
    ].compactMap { $0 }
    let title = "Augmentation"
    let rows = (0...9).compactMap { digit in table.labels.firstIndex(of: UInt8(digit)) }
    if words.isEmpty || rows.isEmpty {
      return ReportPart(
        section: .init(id: "augmentation", title: title, body: paragraph("Training images were not changed."))
      )
    }
    let epochs = 1...6
    let random = Philox(seed: example.seed)
    let originals = rows.map { onPaper(pixels(of: $0, in: table)) }
    let changed = epochs.flatMap { epoch in
      rows.map { row in
        onPaper(Self.augmented(pixels(of: row, in: table), row: row, epoch: epoch, random, example))
      }
    }
    let digits = rows.map { "\(table.labels[$0])" }.joined(separator: ", ")
    let body = """
      \(paragraph("Every epoch sees each image anew: \(words.joined(separator: ", ")).", "soft"))
      <figure class="sheets">
      <figcaption>As in the file</figcaption>
      \(sheet(originals, columns: rows.count, "The first training images of the digits \(digits)"))
      <figcaption>In the first \(epochs.count) epochs</figcaption>
      \(sheet(changed, columns: rows.count, "The same images, changed at random, a line an epoch"))
      </figure>
      """
    return ReportPart(section: .init(id: "augmentation", title: title, body: body))
  }

  private func pixels(of row: Int, in table: DigitTable) -> [UInt8] {
    Array(table.pixels[row * DigitTable.pixelCount..<(row + 1) * DigitTable.pixelCount])
  }

  /// An image as training sees it in an epoch, in bytes again.
  private static func augmented(
    _ pixels: [UInt8], row: Int, epoch: Int, _ random: Philox, _ example: AugmentationExample
  ) -> [UInt8] {
    let side = DigitTable.side
    let map = example.augmentation.map(row: row, epoch: epoch, random, side: side)
    let values = [Float](unsafeUninitializedCapacity: DigitTable.pixelCount) { target, count in
      pixels.withUnsafeBufferPointer { source in
        if let source = source.baseAddress, let start = target.baseAddress {
          map.apply(source, side: side, to: start, example.kernels)
          count = DigitTable.pixelCount
        }
      }
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

  /// A number without `.0`.
  private func plain(_ number: Double) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
