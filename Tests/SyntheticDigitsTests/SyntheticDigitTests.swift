import Foundations
import Testing
@testable import SyntheticDigits

@Suite struct SyntheticDigitTests {
  @Test func shapesOfAFamilyHaveTheSameStrokesPointsAndCorners() {
    #expect(SkeletonFamily.all.count == 10)
    for families in SkeletonFamily.all {
      for family in families {
        #expect(family.weight > 0)
        let layout = family.shapes.first.map(layout(of:))
        #expect(layout?.isEmpty == false)
        for shape in family.shapes {
          #expect(self.layout(of: shape) == layout, "\(shape)")
          #expect(shape.allSatisfy { $0.count >= 2 })
          #expect(shape.joined().allSatisfy { (0...100).contains($0.x) && (0...100).contains($0.y) })
        }
      }
    }
  }

  /// For each point of each stroke, whether it repeats the one before.
  private func layout(of shape: Strokes) -> [[Bool]] {
    shape.map { stroke in stroke.indices.map { $0 > 0 && stroke[$0] == stroke[$0 - 1] } }
  }

  /// A digit of a chosen label, from draws of no row of a sample.
  private func digit(_ label: Int, seed: UInt64, row: Int) -> [UInt8] {
    var stream = RandomStream(Philox(seed: seed), .sample, epoch: 2, image: row)
    return drawnDigit(label, from: &stream)
  }

  /// Every machine must draw the same.
  @Test func bytesArePinned() {
    let sample = SyntheticSample(trainRows: 0, testRows: 0, seed: 1)
    var hash = SHA256()
    for row in 0..<200 {
      for (label, pixels) in [sample.trainingRow(row), sample.testRow(row)] {
        hash.update([UInt8(label)] + pixels)
      }
    }
    for label in 0..<10 { hash.update(digit(label, seed: .max, row: 4_000_000_000)) }
    let digest = SHA256.hexadecimal(of: hash.finalize())
    #expect(
      digest == "bb75ae32d13432477e48439f17b9b3208749fed4edd84b024102b638e5914486")
  }

  @Test func rowsDependOnSeedTableAndNumberAlone() {
    let sample = SyntheticSample(trainRows: 3, testRows: 3, seed: 7)
    let longer = SyntheticSample(trainRows: 100, testRows: 50, seed: 7)
    let later = longer.trainingRow(90)
    #expect(sample.trainingRow(2) == longer.trainingRow(2))
    #expect(longer.trainingRow(90) == later)
    let others = [
      sample.trainingRow(1), sample.testRow(2),
      SyntheticSample(trainRows: 3, testRows: 3, seed: 8).trainingRow(2),
    ]
    for other in others { #expect(other.pixels != sample.trainingRow(2).pixels) }
  }

  @Test func digitsFollowMNISTsConventions() {
    var inkOfAll = 0
    let perLabel = 40
    for label in 0..<10 {
      for row in 0..<perLabel {
        let image = digit(label, seed: 3, row: row)
        #expect(image.count == 784)
        var (ink, momentX, momentY) = (0, 0, 0)
        var (columns, rows) = (Set<Int>(), Set<Int>())
        for (index, value) in image.enumerated() where value > 0 {
          ink += Int(value)
          momentX += Int(value) * (index % 28 * 2 + 1)
          momentY += Int(value) * (index / 28 * 2 + 1)
          columns.insert(index % 28)
          rows.insert(index / 28)
        }
        inkOfAll += ink
        // Half a pixel from the image's middle, except where the box would leave the image.
        for moment in [momentX, momentY] {
          #expect(abs(Double(moment) / Double(2 * ink) - 14) <= 1, "\(label), row \(row)")
        }
        let width = (columns.max() ?? 0) - (columns.min() ?? 0) + 1
        let height = (rows.max() ?? 0) - (rows.min() ?? 0) + 1
        #expect(max(width, height) <= 20 && max(width, height) >= 18, "\(label), row \(row)")
        #expect(image.max() ?? 0 >= 150, "\(label), row \(row)")
      }
    }
    // MNIST's training images have a mean of 33.3.
    let mean = Double(inkOfAll) / Double(784 * 10 * perLabel)
    #expect((28...39).contains(mean))
  }

  @Test func labelsAreAboutEquallyFrequent() {
    let sample = SyntheticSample(trainRows: 0, testRows: 0, seed: 1)
    var counts = [Int](repeating: 0, count: 10)
    for row in 0..<1000 { counts[sample.trainingRow(row).label] += 1 }
    #expect(counts.allSatisfy { (60...140).contains($0) }, "\(counts)")
  }
}
