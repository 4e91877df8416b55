import Foundations
import Platform

/// The output of `--json`.
func resultJSON(_ limits: [Limit], _ results: [SettingResult]) -> JSON {
  .object([
    ("kit", .string(kitVersion)), ("processor", .string(processorName() ?? "unknown")),
    (
      "limit",
      .array(
        limits.map {
          .object([
            ("instruction-set", .string($0.set)), ("threads", .integer($0.threads)),
            ("gflops", .number($0.gigaflops)),
          ])
        })
    ),
    ("results", .array(results.map(json))),
  ])
}

private func json(_ result: SettingResult) -> JSON {
  var members: [(key: String, value: JSON)] = [
    ("network", .string(result.subject.name)), ("notation", .string(result.subject.notation)),
    ("instruction-set", .string(result.set)), ("threads", .integer(result.threads)),
    ("batch", .integer(result.subject.batch)),
  ]
  members += json(result.training, of: "training") + json(result.prediction, of: "prediction")
  members.append(("memory-bytes", .integer(result.memoryBytes)))
  if let rate = result.members {
    members += json(rate, of: "members")
    members.append(("members-memory-bytes", .integer(result.membersMemoryBytes)))
  }
  if let profiles = result.profiles {
    let parts = json(profiles.training, of: "training") + json(profiles.prediction, of: "prediction")
    members.append(("layers", .array(parts)))
  }
  return .object(members)
}

private func json(_ rate: SettingResult.Rate, of pass: String) -> [(key: String, value: JSON)] {
  [
    ("\(pass)-images-per-second", json(rate.imagesPerSecond)), ("\(pass)-gflops", .number(rate.gigaflops)),
    ("\(pass)-share", .number(rate.share)),
    ("\(pass)-scaling", rate.scaling.map { .number($0) } ?? .null),
  ]
}

/// The parts of a pass; those outside the layers have null for the layer and its number.
private func json(_ profile: Profile, of pass: String) -> [JSON] {
  profile.parts.map { part in
    .object([
      ("pass", .string(pass)), ("work", .string(part.work)),
      ("layer", part.layer.map { .string(profile.subject.network.names[$0]) } ?? .null),
      ("number", part.layer.map { .integer($0) } ?? .null),
      ("milliseconds-per-1000-images", json(part.milliseconds)), ("share", .number(profile.share(part))),
      ("gflops-per-thread", part.gigaflopsPerThread.map { .number($0) } ?? .null),
    ])
  }
}

private func json(_ spread: Spread) -> JSON {
  .object([
    ("median", .number(spread.median)), ("minimum", .number(spread.minimum)),
    ("maximum", .number(spread.maximum)),
  ])
}
