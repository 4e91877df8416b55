import Competition
import Compute
import NeuralNetworks

/// How many images per second this machine trains and predicts, measured for a moment.
public enum NetworkSpeed {
  /// Images per second of training steps, without the images' augmentation.
  ///
  /// - Parameter limit: Seconds to measure for, but at least three steps after one to warm up.
  public static func trained(
    _ network: ShapedNetwork, batch: Int, seconds limit: Double = 0.5, threads: Int,
    kernels: any InstructionSet
  ) -> Double {
    let optimizer = OptimizerState(.adam, parameterCount: network.parameterCount)
    let backpropagation = Backpropagation(
      weights: Weights(initializing: network, seed: 1), batch: batch, seed: 1,
      pool: ThreadPool(threads: threads), kernels: kernels)
    let (rows, labels) = (Array(0..<batch), (0..<batch).map { UInt8($0 % 10) })
    return imagesPerSecond(batch, limit: limit) {
      _ = backpropagation.run(rows: rows[...], labels: labels, epoch: 0, fill: draw)
      backpropagation.step(optimizer, learningRate: 0.001)
    }
  }

  /// Images per second of predictions.
  public static func predicted(
    _ network: ShapedNetwork, seconds limit: Double = 0.5, threads: Int, kernels: any InstructionSet
  ) -> Double {
    let images = shardSize * max(32, 8 * threads)
    let prediction = Prediction(
      weights: Weights(initializing: network, seed: 1), pool: ThreadPool(threads: threads), kernels: kernels)
    return imagesPerSecond(images, limit: limit) { _ = prediction.logits(images, fill: draw) }
  }

  /// An image of noise: the time does not depend on what it shows, as long as losses don't vanish.
  private static func draw(_ image: Int, _ pixels: UnsafeMutablePointer<Float>) {
    for pixel in 0..<DigitTable.pixelCount {
      pixels[pixel] = Float((pixel &* 31 &+ image &* 17) & 255) / 255
    }
  }

  /// The median rate of the steps.
  private static func imagesPerSecond(_ images: Int, limit: Double, _ step: () -> Void) -> Double {
    step()
    let begin = ContinuousClock.now
    var seconds: [Double] = []
    while seconds.count < 3 || (ContinuousClock.now - begin) / .seconds(1) < limit {
      let start = ContinuousClock.now
      step()
      seconds.append((ContinuousClock.now - start) / .seconds(1))
    }
    return Double(images) / seconds.sorted()[seconds.count / 2]
  }
}
