/// Philox4x32-10: four random words as a pure function of a key and a 128-bit counter.
///
/// Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A draw depends only on
/// (seed, purpose, epoch, image, index), never on the order in which threads draw, so neither the number of threads nor
/// resuming can change one.
public struct Philox: Sendable, Equatable {
  /// What a number is drawn for; draws for different purposes are independent.
  public enum Purpose: UInt32, Sendable {
    case initialization = 1
    case shuffle = 2
    case augmentation = 3
    /// With the layer's number in the upper bits, see `Philox.dropoutPurpose(layer:)`.
    case dropout = 4
    case split = 5
    case limit = 6
    case sample = 7
    case memberSeed = 8
    case sweep = 9
  }

  /// The key: the two halves of the seed, low half first.
  public let key: SIMD2<UInt32>

  /// The generator for a seed.
  public init(seed: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// The counter's last word for a layer's dropout; `layer` counts from 0.
  public static func dropoutPurpose(layer: Int) -> UInt32 {
    Purpose.dropout.rawValue | UInt32(truncatingIfNeeded: layer + 1) << 8
  }

  /// The four random words at the counter (`index`, `image`, `epoch`, `purpose`).
  public func words(purpose: UInt32, epoch: UInt32, image: UInt32, index: UInt32) -> SIMD4<UInt32> {
    Self.words(counter: SIMD4(index, image, epoch, purpose), key: key)
  }

  /// The function itself, as in the paper and its reference implementation.
  public static func words(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (x0, x1, x2, x3) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<10 {
      let p0 = UInt64(x0) &* 0xD251_1F53
      let p1 = UInt64(x2) &* 0xCD9E_8D57
      x0 = UInt32(truncatingIfNeeded: p1 >> 32) ^ x1 ^ k0
      x1 = UInt32(truncatingIfNeeded: p1)
      x2 = UInt32(truncatingIfNeeded: p0 >> 32) ^ x3 ^ k1
      x3 = UInt32(truncatingIfNeeded: p0)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(x0, x1, x2, x3)
  }
}

/// Random numbers one after another for one (seed, purpose, epoch, image), by counting up `Philox`'s index.
public struct RandomStream: Sendable {
  private let philox: Philox
  private let purpose: UInt32
  private let epoch: UInt32
  private let image: UInt32
  private var index: UInt32 = 0
  private var pending = SIMD4<UInt32>()
  private var used = 4

  /// A stream that starts with the first word at index 0.
  public init(_ philox: Philox, _ purpose: Philox.Purpose, epoch: Int = 0, image: Int = 0) {
    self.philox = philox
    self.purpose = purpose.rawValue
    self.epoch = UInt32(truncatingIfNeeded: epoch)
    self.image = UInt32(truncatingIfNeeded: image)
  }

  /// The next 32 random bits.
  public mutating func next() -> UInt32 {
    if used == 4 {
      pending = philox.words(purpose: purpose, epoch: epoch, image: image, index: index)
      index &+= 1
      used = 0
    }
    defer { used += 1 }
    return pending[used]
  }

  /// The next 64 random bits.
  public mutating func next64() -> UInt64 {
    let high = UInt64(next())
    return high << 32 | UInt64(next())
  }

  /// Uniform in [0, 1): a multiple of 2⁻⁵³, exact on every machine.
  public mutating func uniform() -> Double {
    Double(next64() >> 11) * 0x1p-53
  }

  /// Uniform between two bounds: `low + (high - low) * uniform()`.
  public mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// A whole number from 0 to `count - 1`, without bias (Lemire's multiplication with rejection).
  public mutating func below(_ count: Int) -> Int {
    precondition(count > 0 && count <= Int(UInt32.max))
    let bound = UInt32(count)
    let threshold = (0 &- bound) % bound
    while true {
      let product = UInt64(next()) * UInt64(bound)
      if UInt32(truncatingIfNeeded: product) >= threshold { return Int(product >> 32) }
    }
  }

  /// The numbers 0 to `count - 1` in random order (Fisher–Yates, from the end).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// Puts an array's elements in random order (Fisher–Yates, from the end).
  public mutating func shuffle<Element>(_ array: inout [Element]) {
    var last = array.count - 1
    while last > 0 {
      array.swapAt(last, below(last + 1))
      last -= 1
    }
  }
}
