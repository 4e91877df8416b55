import Foundations

/// How weights start: uniform within a bound that keeps the signal's size from layer to layer.
public enum Initialization: String, Sendable, CaseIterable {
  /// ±√(6 / (fanIn + fanOut)): Glorot and Bengio, 2010; Keras's default.
  case glorot
  /// ±√(6 / fanIn): He, Zhang, Ren and Sun, 2015; made for deep networks of ReLUs.
  case he
}

/// How one tensor starts.
public enum Initializer: Sendable, Equatable {
  /// All zeros.
  case zeros
  /// All ones.
  case ones
  /// Random, as the network's `Initialization` says: each output sums `fanIn` inputs, each input is in
  /// `fanOut` sums.
  case weights(fanIn: Int, fanOut: Int)

  /// `count` first values of the tensor with a number. Draws depend on the seed, that number and the
  /// element's.
  func values(_ count: Int, _ initialization: Initialization, _ random: Philox, tensor: Int) -> [Float] {
    switch self {
    case .zeros: return [Float](repeating: 0, count: count)
    case .ones: return [Float](repeating: 1, count: count)
    case .weights(let fanIn, let fanOut):
      let fan = initialization == .he ? fanIn : fanIn + fanOut
      let bound = (6 / Double(fan)).squareRoot()
      var stream = RandomStream(random, .initialization, image: tensor)
      return (0..<count).map { _ in Float(stream.uniform(-bound, bound)) }
    }
  }
}
