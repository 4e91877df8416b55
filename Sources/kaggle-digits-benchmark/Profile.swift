import Foundations
import NeuralNetworks

/// How a network's time is divided between layers and other work, in training or in prediction.
struct Profile {
  /// A part of the work.
  struct Part {
    /// `forward`, `backward`, or the name of work outside the layers.
    let work: String
    /// The layer's index in the network, including the implied layers; nil outside the layers.
    let layer: Int?
    /// Operations for an image, counted as for direct convolution.
    let operations: Double
    fileprivate let clocked: LayerClock.Work?
    /// Seconds for an image, summed over all threads, in each repeat.
    fileprivate(set) var seconds: [Double] = []

    /// Milliseconds for 1,000 images.
    var milliseconds: Spread { Spread(seconds.map { $0 * 1e6 }) }

    /// GFLOP/s of each thread that does the work; nil if nothing is multiplied.
    var gigaflopsPerThread: Double? {
      operations > 0 ? operations / Spread(seconds).median / 1e9 : nil
    }
  }

  let subject: Subject
  let clock: LayerClock
  /// The layers' parts in order, then the others.
  private(set) var parts: [Part]
  private let threads: Int

  init(of subject: Subject, threads: Int, training: Bool) {
    self.subject = subject
    self.threads = threads
    let layers = subject.network.layers.indices
    clock = LayerClock(layers: layers.count, threads: threads)
    parts = layers.flatMap { layer in
      let forward = Part(
        work: "forward", layer: layer, operations: subject.forwardOperations(layer),
        clocked: .forward(layer: layer))
      let backward = Part(
        work: "backward", layer: layer, operations: subject.backwardOperations(layer),
        clocked: .backward(layer: layer))
      return training ? [forward, backward] : [forward]
    }
    var others: [(String, LayerClock.Work?)] = [
      ("deriving", .deriving), ("filling", .filling), ("loss", .loss), ("updating", .updating),
      ("waiting", nil),
    ]
    if !training { others.removeAll { $0.0 == "updating" } }
    parts += others.map { Part(work: $0.0, layer: nil, operations: 0, clocked: $0.1) }
  }

  /// Adds a repeat of this many seconds and images; time that the clock did not count is waiting.
  mutating func add(seconds: Double, images: Int) {
    var rest = seconds * Double(threads)
    for index in parts.indices {
      let part = parts[index].clocked.map { clock.seconds($0) } ?? max(0, rest)
      rest -= part
      parts[index].seconds.append(part / Double(images))
    }
  }

  /// Milliseconds of all threads for 1,000 images: the sum of the parts' medians.
  var totalMilliseconds: Double { parts.reduce(0) { $0 + $1.milliseconds.median } }

  /// The part for this work, in a layer or outside; nil if there is none.
  func part(_ work: String, layer: Int? = nil) -> Part? {
    parts.first { $0.work == work && $0.layer == layer }
  }

  /// A part's share of the total time.
  func share(_ part: Part) -> Double { part.milliseconds.median / totalMilliseconds }
}
