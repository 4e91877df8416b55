import Foundations
import Platform

/// The result as text, part by part as it is measured, in at most 100 columns.
enum ResultTable {
  /// The machine, its limits, and the titles of the columns of `rows`.
  static func heading(_ limits: [Limit], repeats: Int, seconds: Double) -> String {
    let rows = limits.map { limit in
      let scaling = limit.threads == 1 ? "" : limit.scaling(in: limits).map { fixed($0, 2) } ?? ""
      return line([
        (limit.set, 6), ("\(limit.threads)", -7), (fixed(limit.gigaflops, 1), -9), (scaling, -7),
      ])
    }
    let heading = line([("set", 6), ("threads", -7), ("GFLOP/s", -9), ("scaling", -7)])
    return """
      \(processorName() ?? "unknown"), kaggle-digits \(kitVersion)

      the limit: only fused multiply-adds, the best of many tries
      \(([heading] + rows).joined(separator: "\n"))

      the networks: medians of \(repeats) measurements of \(seconds) s
      \(columns(["set", "threads", "pass", "images/s", "least–most", "GFLOP/s", "share", "scaling", "memory"]))
      """
  }

  /// The rows of a setting, and of its layers if they were measured.
  static func rows(_ result: SettingResult) -> String {
    var rows = [
      row(result.set, "\(result.threads)", "training", result.training, bytes: result.memoryBytes),
      row("", "", "prediction", result.prediction, bytes: nil),
    ]
    if let members = result.members {
      rows.append(row("", "", "\(result.threads) members", members, bytes: result.membersMemoryBytes))
    }
    if let profiles = result.profiles {
      rows += [""] + layers(of: profiles, result.subject) + [""] + others(of: profiles) + [""]
    }
    return rows.joined(separator: "\n")
  }

  private static func row(
    _ set: String, _ threads: String, _ pass: String, _ rate: SettingResult.Rate, bytes: Int?
  ) -> String {
    let spread = rate.imagesPerSecond
    return columns([
      set, threads, pass, images(spread.median), "\(images(spread.minimum))–\(images(spread.maximum))",
      fixed(rate.gigaflops, 1), percent(rate.share, 1, space: " "), rate.scaling.map { fixed($0, 2) } ?? "",
      bytes.map { "\(fixed(Double($0) / 1e6, 1)) MB" } ?? "",
    ])
  }

  private static func columns(_ texts: [String]) -> String {
    line(Array(zip(texts, [6, -7, 11, -9, -17, -8, -7, -7, -9])))
  }

  /// A row for each layer: forward and backward in training, and forward in prediction.
  private static func layers(
    of profiles: (training: Profile, prediction: Profile), _ subject: Subject
  ) -> [String] {
    let names = subject.network.names
    let width = names.map(\.count).max() ?? 0
    let numbers = [-8, -7, -7, -8, -7, -7, -8, -7, -7]
    let units = Array(repeating: ["ms", "share", "GFLOP/s"], count: 3).flatMap { $0 }
    var lines = [
      "  milliseconds (all threads together) for 1,000 images; GFLOP/s per thread",
      line([("", width), ("training forward", -26), ("training backward", -26), ("prediction", -26)]),
      line(Array(zip(["layer"] + units, [width] + numbers))),
    ]
    for (layer, name) in names.enumerated() {
      let cells = [
        (profiles.training, "forward"), (profiles.training, "backward"), (profiles.prediction, "forward"),
      ].flatMap { profile, work in
        profile.part(work, layer: layer).map { part in
          [
            fixed(part.milliseconds.median, 2), percent(profile.share(part), 1, space: " "),
            part.gigaflopsPerThread.map { fixed($0, 1) } ?? "",
          ]
        } ?? ["", "", ""]
      }
      lines.append(line(Array(zip([name] + cells, [width] + numbers))))
    }
    return lines
  }

  /// The work outside the layers, and the total.
  private static func others(of profiles: (training: Profile, prediction: Profile)) -> [String] {
    let widths = [24, -9, -7, -10, -7]
    let heading = ["outside the layers", "training", "share", "prediction", "share"]
    var lines = [line(Array(zip(heading, widths)))]
    for part in profiles.training.parts where part.layer == nil {
      let cells = [profiles.training, profiles.prediction].flatMap { profile in
        profile.part(part.work).map {
          [fixed($0.milliseconds.median, 2), percent(profile.share($0), 1, space: " ")]
        } ?? ["", ""]
      }
      lines.append(line(Array(zip([meaning[part.work] ?? part.work] + cells, widths))))
    }
    let totals = [profiles.training, profiles.prediction].flatMap { [fixed($0.totalMilliseconds, 2), ""] }
    lines.append(line(Array(zip(["total, with layers"] + totals, widths))))
    return lines
  }

  private static let meaning = [
    "deriving": "deriving weights", "filling": "filling images", "loss": "loss, logits",
    "updating": "gradients and optimizer", "waiting": "waiting",
  ]

  /// Cells side by side, indented; a negative width aligns right.
  private static func line(_ cells: [(text: String, width: Int)]) -> String {
    let texts = cells.map { text, width in width < 0 ? text.leftPadded(to: -width) : text.padded(to: width) }
    var line = "  " + texts.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }

  private static func images(_ rate: Double) -> String { grouped(Int(rate.rounded())) }
}
