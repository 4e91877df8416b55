import Compute
import Synchronization

/// The median, minimum and maximum of measurements.
struct Spread {
  let median: Double
  let minimum: Double
  let maximum: Double

  /// Of the given values, at least one.
  init(_ values: [Double]) {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    minimum = sorted[0]
    maximum = sorted[sorted.count - 1]
  }
}

/// Repeated measurements of a network with an instruction set and a number of threads.
final class Measurement {
  let subject: Subject
  let set: String
  let threads: Int
  let memoryBytes: Int
  let membersMemoryBytes: Int
  /// Images per second in each repeat.
  private(set) var training: [Double] = []
  private(set) var prediction: [Double] = []
  /// Images per second of all members together, in each repeat; empty if members are not measured.
  private(set) var members: [Double] = []
  private(set) var trainingProfile: Profile?
  private(set) var predictionProfile: Profile?
  private let trainingWork: TrainingWork
  private let predictionWork: PredictionWork
  private let memberWork: [TrainingWork]

  /// Prepares the measurement, and does each kind of step once, so that memory and caches are warm.
  init(
    of subject: Subject, kernels: any InstructionSet, threads: Int, members: Bool, layers: Bool,
    digits: Digits
  ) {
    self.subject = subject
    set = kernels.name
    self.threads = threads
    if layers {
      trainingProfile = Profile(of: subject, threads: threads, training: true)
      predictionProfile = Profile(of: subject, threads: threads, training: false)
    }
    let pool = ThreadPool(threads: threads)
    trainingWork = TrainingWork(
      subject, digits: digits, pool: pool, kernels: kernels, clock: trainingProfile?.clock)
    predictionWork = PredictionWork(
      trainingWork.weights, digits: digits, pool: pool, kernels: kernels, clock: predictionProfile?.clock)
    memoryBytes = subject.memoryBytes(threads: threads)
    memberWork = (0..<(members && threads > 1 ? threads : 0)).map { _ in
      TrainingWork(subject, digits: digits, pool: ThreadPool(threads: 1), kernels: kernels)
    }
    membersMemoryBytes = memberWork.count * subject.memoryBytes(threads: 1)
    for work in [trainingWork] + memberWork { _ = work.step() }
    _ = predictionWork.step()
  }

  /// Measures everything once, each for `seconds`, so that other work on the machine slows down all of them.
  func repeatOnce(seconds: Double) {
    training.append(imagesPerSecond(for: seconds, &trainingProfile) { trainingWork.step() })
    prediction.append(imagesPerSecond(for: seconds, &predictionProfile) { predictionWork.step() })
    if memberWork.isEmpty { return }
    let sum = Mutex(0.0)
    ThreadPool(threads: memberWork.count).forEach(memberWork.count) { _, member in
      var none: Profile?
      let rate = imagesPerSecond(for: seconds, &none) { memberWork[member].step() }
      sum.withLock { $0 += rate }
    }
    members.append(sum.withLock { $0 })
  }
}

/// Images per second over the steps that begin within `seconds`.
private func imagesPerSecond(for seconds: Double, _ profile: inout Profile?, _ step: () -> Int) -> Double {
  profile?.clock.reset()
  let start = ContinuousClock.now
  var images = 0
  var passed = 0.0
  repeat {
    images += step()
    passed = (ContinuousClock.now - start) / .seconds(1)
  } while passed < seconds
  profile?.add(seconds: passed, images: images)
  return Double(images) / passed
}
