import Compute
import Foundations
import KernelShapes
import Testing
@testable import Augmentation

/// What training sees of an image: the affine map, the elastic distortion and the erased rectangle.
@Suite struct ImageAugmenterTests {
  private static let side = 28

  private func seen(
    _ augmentation: ImageAugmentation, _ source: [UInt8], row: Int = 0, epoch: Int = 0, seed: UInt64 = 1,
    kernels: (any InstructionSet)? = nil
  ) throws -> [Float] {
    let kernels = try kernels ?? #require(InstructionSets.available.first)
    let augmenter = ImageAugmenter(augmentation, of: .none, side: Self.side, Philox(seed: seed), kernels)
    return [Float](unsafeUninitializedCapacity: source.count) { target, count in
      source.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        augmenter.apply(row: row, epoch: epoch, source, to: target)
      }
      count = source.count
    }
  }

  /// A picture without black: a slope to the right and a lesser one down.
  private let slope: [UInt8] = (0..<28 * 28).map { (place: Int) -> UInt8 in
    let (row, column) = (place / 28, place % 28)
    return UInt8(20 + 5 * column + 2 * row)
  }

  @Test func withoutChangeTheImageIsItself() throws {
    let seen = try seen(.none, slope)
    #expect(seen == slope.map { Float($0) / 255 })
  }

  @Test func withoutElasticAndErasingItIsTheMap() throws {
    let augmentation = ImageAugmentation(shift: 0.1, rotation: 20, zoom: 0.1, shear: 5)
    let kernels = try #require(InstructionSets.available.first)
    let map = augmentation.map(row: 5, epoch: 2, Philox(seed: 1), side: Self.side)
    var expected = [Float](repeating: 0, count: slope.count)
    slope.withUnsafeBufferPointer { source in
      expected.withUnsafeMutableBufferPointer { target in
        if let from = source.baseAddress, let to = target.baseAddress {
          map.apply(from, side: Self.side, to: to, kernels)
        }
      }
    }
    let seen = try seen(augmentation, slope, row: 5, epoch: 2)
    #expect(seen == expected)
  }

  /// The spline's weights sum to 1, so points that all move alike move the image alike; and a point between moves
  /// smoothly, less than the points around it.
  @Test(arguments: [1, 7, 8, 14, 15, 28, 29, 64]) func theSplineIsAPartitionOfUnity(side: Int) {
    let grid = ElasticGrid(side: side)
    for column in 0..<side {
      let weights = (0..<grid.points).map { Double(grid.weights[$0 * side + column]) }
      #expect((weights.reduce(0, +) - 1).magnitude < 1e-6)
      #expect(weights.allSatisfy { $0 >= 0 && $0 <= 2.0 / 3 + 1e-6 })
      // The weighted place of the points is the column itself: a B-spline reproduces straight lines.
      let place = weights.enumerated().reduce(0) { $0 + $1.element * Double(($1.offset - 1) * 7) }
      #expect((place - Double(column)).magnitude < 1e-4)
    }
  }

  /// `elastic` is what its documentation says: pixels' displacement along an axis, root mean square.
  @Test func theDisplacementIsAsLargeAsItSays() {
    let grid = ElasticGrid(side: Self.side)
    var controls = [Float](repeating: 0, count: 2 * grid.points * grid.points)
    var (sum, squares, count) = (0.0, 0.0, 0.0)
    for image in 0..<400 {
      var stream = RandomStream(Philox(seed: 2), .augmentation, image: image)
      controls.withUnsafeMutableBufferPointer {
        if let start = $0.baseAddress { grid.draw(&stream, pixels: 1.5, into: start) }
      }
      for axis in 0..<2 {
        for row in stride(from: 0, to: Self.side, by: 3) {
          for column in stride(from: 0, to: Self.side, by: 3) {
            var displacement = 0.0
            for i in 0..<grid.points {
              for j in 0..<grid.points {
                displacement +=
                  Double(grid.weights[i * Self.side + row]) * Double(grid.weights[j * Self.side + column])
                  * Double(controls[(axis * grid.points + i) * grid.points + j])
              }
            }
            sum += displacement
            squares += displacement * displacement
            count += 1
          }
        }
      }
    }
    #expect((sum / count).magnitude < 0.05)
    #expect(((squares / count).squareRoot() - 1.5).magnitude < 0.05)
  }

  /// On a slope a pixel's change is its displacement times the slope, away from the black outside.
  @Test func elasticBendsSmoothly() throws {
    let bent = try seen(ImageAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 0, elastic: 1), slope)
    let inner = (8..<20).flatMap { row in (8..<20).map { row * Self.side + $0 } }
    let moved = inner.map { (bent[$0] * 255 - Float(slope[$0])) / 5 }
    #expect(moved.contains { $0.magnitude > 0.3 })
    #expect(moved.allSatisfy { $0.magnitude < 6 })
    for place in inner {
      let step = (bent[place + 1] - bent[place]).magnitude
      #expect(step * 255 < 15)
    }
  }

  @Test func drawsDependOnSeedEpochAndRowAlone() throws {
    let all = ImageAugmentation(shift: 0.1, rotation: 10, zoom: 0.1, shear: 5, elastic: 1, erase: 0.5)
    let first = try seen(all, slope, row: 7, epoch: 3)
    for kernels in InstructionSets.available {
      let same = try seen(all, slope, row: 7, epoch: 3, kernels: kernels) == first
      #expect(same, "\(kernels.name)")
    }
    for other in [
      try seen(all, slope, row: 8, epoch: 3), try seen(all, slope, row: 7, epoch: 4),
      try seen(all, slope, row: 7, epoch: 3, seed: 2),
    ] {
      #expect(other != first)
    }
  }

  /// Rectangles of 3 to 14 pixels a side, all black, in the share of the images that was asked for.
  @Test func erasedRectangles() throws {
    let erasing = ImageAugmentation(shift: 0, rotation: 0, zoom: 0, shear: 0, erase: 0.3)
    var erased = 0
    for row in 0..<1000 {
      let black = try seen(erasing, slope, row: row).indices(of: 0).ranges.flatMap { Array($0) }
      guard let first = black.first, let last = black.last else { continue }
      erased += 1
      let (rows, columns) = (
        last / Self.side - first / Self.side + 1, last % Self.side - first % Self.side + 1
      )
      #expect((3...14).contains(rows) && (3...14).contains(columns) && black.count == rows * columns)
    }
    #expect((250...350).contains(erased))
  }
}
