import Compute
import Foundations
import KernelShapes

/// Preprocesses and augments square images of bytes, as training sees them.
public struct ImageAugmenter: Sendable {
  private let augmentation: ImageAugmentation
  private let preprocessing: Preprocessing
  private let side: Int
  private let random: Philox
  private let kernels: any InstructionSet
  private let grid: ElasticGrid

  /// An augmenter of images of `side`×`side` pixels that are preprocessed first. Its draws are those of `random`'s seed.
  public init(
    _ augmentation: ImageAugmentation, of preprocessing: Preprocessing, side: Int, _ random: Philox,
    _ kernels: any InstructionSet
  ) {
    self.augmentation = augmentation
    self.preprocessing = preprocessing
    self.side = side
    self.random = random
    self.kernels = kernels
    grid = ElasticGrid(side: side)
  }

  /// Writes a row's image as training sees it in an epoch: floats from 0 to 1.
  ///
  /// - Parameters:
  ///   - row: The image's row in the table, which with the epoch decides the draws.
  ///   - epoch: The epoch, counted from 0.
  ///   - source: The image, `[row][column]`, side · side bytes.
  ///   - target: Room for side · side floats.
  public func apply(
    row: Int, epoch: Int, _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Float>
  ) {
    if augmentation == .none { return preprocessing.write(source, side: side, to: target, kernels) }
    var stream = RandomStream(random, .augmentation, epoch: epoch, image: row)
    let view = augmentation.map(&stream, side: side)
    let map = preprocessing.map(of: source, side: side, under: view) ?? view
    if augmentation.elastic > 0 {
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * grid.points * grid.points) { controls in
        guard let controls = controls.baseAddress else { return }
        grid.draw(&stream, pixels: augmentation.elastic, into: controls)
        grid.weights.withUnsafeBufferPointer { weights in
          guard let weights = weights.baseAddress else { return }
          withFrame(side: side) {
            let displacement = DisplacementGrid(points: grid.points, weights: weights, controls: controls)
            kernels.sampleImage(
              ImageSample(
                side: side, map: map, displacement: displacement, image: source, frame: $0, result: target))
          }
        }
      }
    } else {
      map.apply(source, side: side, to: target, kernels)
    }
    if augmentation.erase > 0, stream.uniform() < augmentation.erase { erase(&stream, target) }
  }

  /// Blackens a rectangle (Zhong et al., 2020) of an eighth to half of the side each way, somewhere within the image.
  private func erase(_ stream: inout RandomStream, _ target: UnsafeMutablePointer<Float>) {
    let (least, most) = (side / 8, side / 2)
    let (rows, columns) = (least + stream.below(most - least + 1), least + stream.below(most - least + 1))
    let (top, left) = (stream.below(side - rows + 1), stream.below(side - columns + 1))
    for row in top..<top + rows {
      for column in left..<left + columns { target[row * side + column] = 0 }
    }
  }
}

extension Preprocessing {
  /// Writes a preprocessed image as networks take it: floats from 0 to 1.
  ///
  /// - Parameters:
  ///   - source: The image, `[row][column]`, side · side bytes.
  ///   - view: A further map, such as a view of test-time augmentation.
  ///   - target: Room for side · side floats.
  public func write(
    _ source: UnsafePointer<UInt8>, side: Int, under view: AffineMap? = nil,
    to target: UnsafeMutablePointer<Float>, _ kernels: any InstructionSet
  ) {
    if let map = map(of: source, side: side, under: view) {
      map.apply(source, side: side, to: target, kernels)
    } else {
      kernels.scalePixels(ScalePixels(count: side * side, pixels: source, result: target))
    }
  }
}

extension AffineMap {
  /// Samples a square image of side · side bytes under this map, bilinearly, into side · side floats from 0 to 1. Outside
  /// the image is black.
  public func apply(
    _ source: UnsafePointer<UInt8>, side: Int, to target: UnsafeMutablePointer<Float>,
    _ kernels: any InstructionSet
  ) {
    withFrame(side: side) {
      kernels.sampleImage(ImageSample(side: side, map: self, image: source, frame: $0, result: target))
    }
  }
}

/// Calls a closure with uninitialized memory for the black frame around an image that is sampled.
private func withFrame(side: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Void) {
  let count = ImageSample.frameCount(side: side)
  if count <= MemoryLayout<StackFrame>.size {
    var frame = StackFrame()
    withUnsafeMutableBytes(of: &frame) {
      if let start = $0.baseAddress { body(start.assumingMemoryBound(to: UInt8.self)) }
    }
  } else {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 64) {
      if let start = $0.baseAddress { body(start.assumingMemoryBound(to: UInt8.self)) }
    }
  }
}

/// 2,048 bytes, enough for the 1,984 of Kaggle's images: temporary allocations above 1,024 come from the heap.
private struct StackFrame {
  var bytes = (SIMD64<UInt64>(), SIMD64<UInt64>(), SIMD64<UInt64>(), SIMD64<UInt64>())
}
