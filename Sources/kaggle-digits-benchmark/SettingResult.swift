/// The result for one network, instruction set and number of threads.
struct SettingResult {
  let subject: Subject
  let set: String
  let threads: Int
  let memoryBytes: Int
  /// The memory of all members together.
  let membersMemoryBytes: Int
  let training: Rate
  let prediction: Rate
  /// With one member on each thread; nil if that was not measured.
  let members: Rate?
  /// Nil without `--layers`.
  let profiles: (training: Profile, prediction: Profile)?

  /// Images per second, and what they are compared with.
  struct Rate {
    let imagesPerSecond: Spread
    let gigaflops: Double
    /// The share of the machine's limit.
    let share: Double
    /// The factor over one thread; nil if that was not measured.
    let scaling: Double?

    fileprivate init(_ images: [Double], operations: Double, limit: Double, single: Rate?) {
      imagesPerSecond = Spread(images)
      gigaflops = imagesPerSecond.median * operations / 1e9
      share = gigaflops / limit
      scaling = single.map { [imagesPerSecond] in imagesPerSecond.median / $0.imagesPerSecond.median }
    }
  }

  /// `limit` is in GFLOP/s, for the same instruction set and number of threads; `single` is the result of one thread, nil
  /// if it was not measured.
  init(_ measurement: Measurement, limit: Double, single: SettingResult?) {
    subject = measurement.subject
    set = measurement.set
    threads = measurement.threads
    memoryBytes = measurement.memoryBytes
    membersMemoryBytes = measurement.membersMemoryBytes
    training = Rate(
      measurement.training, operations: subject.trainingOperations, limit: limit, single: single?.training)
    prediction = Rate(
      measurement.prediction, operations: subject.predictionOperations, limit: limit,
      single: single?.prediction)
    members =
      measurement.members.isEmpty
      ? nil
      : Rate(
        measurement.members, operations: subject.trainingOperations, limit: limit, single: single?.training)
    if let training = measurement.trainingProfile, let prediction = measurement.predictionProfile {
      profiles = (training, prediction)
    } else {
      profiles = nil
    }
  }
}
