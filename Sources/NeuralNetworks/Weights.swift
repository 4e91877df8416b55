import Compute
import Foundations

/// A network's numbers: what is trained, and the running statistics.
public final class Weights: Sendable {
  /// The network they belong to.
  public let network: ShapedNetwork
  /// The parameters, layer by layer, `network.parameterCount` floats; the last dimension is padded to a
  /// multiple of 16.
  public let parameters: AlignedBuffer
  /// The statistics, laid out in the same way.
  public let statistics: AlignedBuffer

  /// The weights that a network starts with; they depend on network, seed and initialization alone.
  public init(
    initializing network: ShapedNetwork, seed: UInt64, _ initialization: Initialization = .glorot
  ) {
    self.network = network
    parameters = AlignedBuffer(count: network.parameterCount)
    statistics = AlignedBuffer(count: network.statisticCount)
    let random = Philox(seed: seed)
    for (number, tensor) in network.tensors.enumerated() {
      let initializer = tensor.shape.initializer
      assign(initializer.values(tensor.shape.count, initialization, random, tensor: number), to: tensor)
    }
  }

  /// A copy of other weights.
  public init(copying other: Weights) {
    network = other.network
    parameters = AlignedBuffer(count: network.parameterCount)
    statistics = AlignedBuffer(count: network.statisticCount)
    assign(other)
  }

  /// The weights with the given numbers, an array for each of the network's tensors in order, without
  /// padding.
  public init(_ network: ShapedNetwork, values: [[Float]]) {
    self.network = network
    parameters = AlignedBuffer(count: network.parameterCount)
    statistics = AlignedBuffer(count: network.statisticCount)
    for (tensor, values) in zip(network.tensors, values) { assign(values, to: tensor) }
  }

  /// A tensor's numbers without the padding, in the order of its shape.
  public func values(of tensor: ShapedNetwork.Tensor) -> [Float] {
    let columns = tensor.shape.columns
    let stride = paddedTo16(columns)
    let start = pointer(to: tensor)
    return [Float](unsafeUninitializedCapacity: tensor.shape.count) { buffer, count in
      for row in 0..<tensor.shape.rows {
        for column in 0..<columns { buffer[row * columns + column] = start[row * stride + column] }
      }
      count = tensor.shape.count
    }
  }

  /// Sets a tensor's numbers: `tensor.shape.count` of them, in the order of its shape.
  public func assign(_ values: [Float], to tensor: ShapedNetwork.Tensor) {
    precondition(values.count == tensor.shape.count)
    let columns = tensor.shape.columns
    let stride = paddedTo16(columns)
    let start = pointer(to: tensor)
    for row in 0..<tensor.shape.rows {
      for column in 0..<columns { start[row * stride + column] = values[row * columns + column] }
    }
  }

  /// Takes the numbers of other weights of the same network.
  public func assign(_ other: Weights) {
    parameters.pointer.update(from: other.parameters.pointer, count: parameters.count)
    statistics.pointer.update(from: other.statistics.pointer, count: statistics.count)
  }

  /// Whether every number is finite.
  public var isFinite: Bool {
    [parameters, statistics].allSatisfy { buffer in
      UnsafeBufferPointer(start: buffer.pointer, count: buffer.count).allSatisfy(\.isFinite)
    }
  }

  private func pointer(to tensor: ShapedNetwork.Tensor) -> UnsafeMutablePointer<Float> {
    (tensor.isStatistic ? statistics : parameters).pointer + tensor.offset
  }
}
