/// What was measured of one network with one instruction set on some threads.
struct Result {
  let subject: Subject
  let set: String
  let threads: Int
  let memoryBytes: Int
  /// That of all members.
  let membersMemoryBytes: Int
  let training: Rate
  let prediction: Rate
  /// As many members at once as there are threads; nil if that was not measured.
  let members: Rate?
  /// Nil without `--layers`.
  let profiles: (training: Profile, prediction: Profile)?

  /// Images a second, and what they are measured by.
  struct Rate {
    let imagesPerSecond: Spread
    let gigaflops: Double
    /// Of the machine's limit.
    let share: Double
    /// Over one thread; nil if that was not measured.
    let scaling: Double?

    fileprivate init(_ images: [Double], operations: Double, limit: Double, single: Rate?) {
      imagesPerSecond = Spread(images)
      gigaflops = imagesPerSecond.median * operations / 1e9
      share = gigaflops / limit
      scaling = single.map { [imagesPerSecond] in imagesPerSecond.median / $0.imagesPerSecond.median }
    }
  }

  /// `limit` in GFLOP/s for the set on so many threads; `single` is what one thread did, nil if it was not measured.
  init(_ measurement: Measurement, limit: Double, single: Result?) {
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
