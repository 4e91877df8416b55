import Competition
import Foundations
import Testing

/// A table whose images are given by numbers: equal numbers are identical images.
private func table(images: [Int], labels: [UInt8]) -> DigitTable {
  var pixels: [UInt8] = []
  for image in images {
    var one = [UInt8](repeating: 0, count: DigitTable.pixelCount)
    // At the image's end and middle, so that a comparison must look at all of it.
    one[783] = UInt8(image & 0xFF)
    one[391] = UInt8(image >> 8)
    pixels += one
  }
  return DigitTable(pixels: pixels, labels: labels)
}

/// Rows with some digits rarer than others, all images different.
private func uneven(_ count: Int, seed: UInt64 = 1) -> DigitTable {
  var stream = RandomStream(Philox(seed: seed), .sample)
  let labels = (0..<count).map { _ in UInt8(min(stream.below(10), stream.below(14))) }
  return table(images: Array(0..<count), labels: labels)
}

private func counts(_ rows: [Int], in table: DigitTable) -> [Int] {
  var counts = [Int](repeating: 0, count: 10)
  for row in rows { counts[Int(table.labels[row])] += 1 }
  return counts
}

@Suite struct SplitTests {
  @Test(arguments: [0.1, 0.25, 0.5, 0.9, 0.0333])
  func proportions(fraction: Double) throws {
    let digits = uneven(1013)
    let all = Array(0..<1013)
    let split = try StratifiedSplit(of: digits, rows: all, validation: fraction, seed: 1)
    #expect((split.training + split.validation).sorted() == all)
    #expect(split.training == split.training.sorted() && split.validation == split.validation.sorted())
    #expect(split.validation.count == Int((fraction * 1013).rounded()))
    for (part, whole) in zip(counts(split.validation, in: digits), counts(all, in: digits)) {
      #expect(abs(Double(part) - fraction * Double(whole)) < 1)
    }
  }

  @Test func seedAndRowsDecide() throws {
    let digits = uneven(500)
    let all = Array(0..<500)
    let one = try StratifiedSplit(of: digits, rows: all, validation: 0.2, seed: 1)
    let again = try StratifiedSplit(of: digits, rows: all, validation: 0.2, seed: 1)
    let other = try StratifiedSplit(of: digits, rows: all, validation: 0.2, seed: 2)
    #expect(one.validation == again.validation && one.training == again.training)
    #expect(one.validation != other.validation)
    let some = all.filter { $0 % 3 == 0 }
    let part = try StratifiedSplit(of: digits, rows: some, validation: 0.2, seed: 1)
    #expect((part.training + part.validation).sorted() == some)
  }

  /// All folds at once are each fold by itself, with equal images, repeats, a limit and inner validation rows.
  @Test(arguments: [0.0, 0.2], [nil, 300]) func allFoldsAtOnce(fraction: Double, limit: Int?) throws {
    var stream = RandomStream(Philox(seed: 4), .sample)
    let images = (0..<500).map { _ in stream.below(300) }
    let digits = table(images: images, labels: images.map { UInt8($0 % 10) })
    let folds = Folds(count: 4, repeats: 2)
    let all = try RowSplit.all(of: digits, limit: limit, seed: 3, validation: fraction, folds: folds)
    #expect(all.count == 8)
    for (index, split) in all.enumerated() {
      let own = try RowSplit(
        of: digits, limit: limit, seed: 3, validation: fraction,
        folds: Folds(count: 4, repeats: 2, number: index + 1))
      #expect(split.training == own.training && split.validation == own.validation)
      #expect(split.heldOut == own.heldOut && !own.heldOut.isEmpty)
      let rows = split.training + split.heldOut + (fraction > 0 ? split.validation : [])
      #expect(Set(rows).count == rows.count && rows.count == limit ?? 500)
      #expect(Set(split.training.map { images[$0] }).isDisjoint(with: split.heldOut.map { images[$0] }))
    }
  }

  /// Later versions must split in the same way: a checkpoint's split is reproduced from its seed.
  @Test func splitNeverChanges() throws {
    let labels = (0..<40).map { UInt8($0 % 2) }
    let digits = table(images: Array(0..<40), labels: labels)
    let split = try StratifiedSplit(of: digits, rows: Array(0..<40), validation: 0.2, seed: 42)
    #expect(split.validation == [3, 10, 16, 18, 19, 21, 29, 38])
    let folds = try StratifiedFolds(of: digits, rows: Array(0..<40), count: 8, seed: 42)
    #expect(folds.folds[0] == [6, 10, 27, 29, 30])
    #expect(try stratifiedSubset(of: digits, count: 6, seed: 42) == [1, 4, 8, 15, 21, 32])
  }

  @Test func noneAndOutOfRange() throws {
    let digits = uneven(100)
    let all = Array(0..<100)
    let split = try StratifiedSplit(of: digits, rows: all, validation: 0, seed: 1)
    #expect(split.training == all && split.validation.isEmpty)
    for fraction in [-0.1, 1, 1.5, .nan, .infinity] {
      #expect(throws: KitError(.usage, "--validation is \(fraction); it must be at least 0 and below 1")) {
        try StratifiedSplit(of: digits, rows: all, validation: fraction, seed: 1)
      }
    }
  }

  @Test func rareDigits() throws {
    // 200 zeros and two sevens: one seven in each part, whatever the fraction; a single seven is refused.
    let labels = [UInt8](repeating: 0, count: 200) + [7, 7]
    let digits = table(images: Array(0..<202), labels: labels)
    for fraction in [0.001, 0.1, 0.99] {
      let split = try StratifiedSplit(of: digits, rows: Array(0..<202), validation: fraction, seed: 3)
      #expect(counts(split.validation, in: digits)[7] == 1 && counts(split.training, in: digits)[7] == 1)
      #expect(counts(split.validation, in: digits)[0] >= 1 && counts(split.training, in: digits)[0] >= 1)
    }
    #expect(throws: KitError.self) {
      try StratifiedSplit(of: digits, rows: Array(0..<201), validation: 0.1, seed: 3)
    }
    // Two sevens with the same image can't be separated.
    let same = table(images: Array(0..<200) + [999, 999], labels: labels)
    #expect(throws: KitError.self) {
      try StratifiedSplit(of: same, rows: Array(0..<202), validation: 0.1, seed: 3)
    }
  }

  @Test(arguments: 0..<20)
  func identicalImagesStayTogether(seed: UInt64) throws {
    // 600 rows of about 380 images: some images several times, some with different labels.
    var stream = RandomStream(Philox(seed: seed), .sample)
    let images = (0..<600).map { _ in stream.below(600) }
    let labels = (0..<600).map { row in UInt8(stream.below(20) == 0 ? 3 : images[row] % 10) }
    let digits = table(images: images, labels: labels)
    let all = Array(0..<600)
    let split = try StratifiedSplit(of: digits, rows: all, validation: 0.2, seed: seed)
    #expect((split.training + split.validation).sorted() == all)
    #expect(Set(split.training.map { images[$0] }).isDisjoint(with: split.validation.map { images[$0] }))
    #expect(abs(split.validation.count - 120) <= 1)
    let folds = try StratifiedFolds(of: digits, rows: all, count: 4, seed: seed).folds
    #expect(folds.flatMap { $0 }.sorted() == all)
    for (index, fold) in folds.enumerated() {
      let others = folds[(index + 1)...].flatMap { $0 }
      #expect(Set(fold.map { images[$0] }).isDisjoint(with: others.map { images[$0] }))
      #expect(abs(fold.count - 150) <= 4)
    }
  }

  @Test func folds() throws {
    let digits = uneven(1013)
    let all = Array(0..<1013)
    let folds = try StratifiedFolds(of: digits, rows: all, count: 7, seed: 1).folds
    #expect(folds.flatMap { $0 }.sorted() == all)
    #expect(folds.allSatisfy { $0 == $0.sorted() && (144...145).contains($0.count) })
    for digit in 0..<10 {
      let share = folds.map { counts($0, in: digits)[digit] }
      #expect((share.max() ?? 0) - (share.min() ?? 0) <= 1)
    }
    #expect(try StratifiedFolds(of: digits, rows: all, count: 7, seed: 2).folds != folds)
    #expect(throws: KitError(.usage, "--folds is 1; it must be at least 2")) {
      try StratifiedFolds(of: digits, rows: all, count: 1, seed: 1)
    }
    #expect(throws: KitError.self) {
      try StratifiedFolds(of: digits, rows: all, count: .max, seed: 1)
    }
    let few = table(images: Array(0..<30), labels: [UInt8](repeating: 0, count: 26) + [4, 4, 4, 4])
    #expect(
      throws: KitError(.badData, "there are only 4 different images of digit 4; 5 folds need 5 of each digit")
    ) {
      try StratifiedFolds(of: few, rows: Array(0..<30), count: 5, seed: 1)
    }
  }

  @Test func subset() throws {
    let digits = uneven(1013)
    for count in [1, 9, 10, 100, 1012] {
      let rows = try stratifiedSubset(of: digits, count: count, seed: 1)
      #expect(rows.count == count && rows == Array(Set(rows)).sorted())
      for (part, whole) in zip(counts(rows, in: digits), counts(Array(0..<1013), in: digits)) {
        #expect(abs(Double(part) - Double(count * whole) / 1013) < 1)
      }
    }
    #expect(try stratifiedSubset(of: digits, count: 5000, seed: 1) == Array(0..<1013))
    #expect(throws: KitError(.usage, "--limit is 0; it must be at least 1")) {
      try stratifiedSubset(of: digits, count: 0, seed: 1)
    }
  }
}
