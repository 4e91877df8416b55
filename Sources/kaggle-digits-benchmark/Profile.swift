import Foundations
import NeuralNetworks

/// Where a network's time goes, in training or in prediction.
struct Profile {
  /// A part of the work.
  struct Part {
    /// `forward`, `backward`, or what is done outside the layers.
    let work: String
    /// The layer's place in the network with the implied layers; nil outside the layers.
    let layer: Int?
    /// Operations for an image, as direct convolutions take them.
    let operations: Double
    fileprivate let clocked: LayerClock.Work?
    /// Seconds for an image, all threads' added up, a repeat each.
    fileprivate(set) var seconds: [Double] = []

    /// Milliseconds for 1,000 images.
    var milliseconds: Spread { Spread(seconds.map { $0 * 1e6 }) }

    /// On the threads that do it, each; nil where nothing is multiplied.
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

  /// Takes a repeat's counts: what the threads did in so many seconds, the rest being waiting.
  mutating func add(seconds: Double, images: Int) {
    var rest = seconds * Double(threads)
    for index in parts.indices {
      let part = parts[index].clocked.map { clock.seconds($0) } ?? max(0, rest)
      rest -= part
      parts[index].seconds.append(part / Double(images))
    }
  }

  /// Milliseconds of all threads for 1,000 images: the parts' medians added up.
  var totalMilliseconds: Double { parts.reduce(0) { $0 + $1.milliseconds.median } }

  /// The part with that work, of a layer or outside.
  func part(_ work: String, layer: Int? = nil) -> Part? {
    parts.first { $0.work == work && $0.layer == layer }
  }

  func share(_ part: Part) -> Double { part.milliseconds.median / totalMilliseconds }
}
