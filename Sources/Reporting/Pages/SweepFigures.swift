import Foundations
import Scoring
import Sweeps

/// The figures of a sweep's page: all trials of the first rung, which is the only one that all took part in.
struct SweepFigures {
  /// The trials as lines over all options; nil while scores of the rung are missing.
  let trials: Figure?
  /// Each option against the score; none while scores of the rung are missing.
  let options: [Figure]
  /// What is not shown, in sentences.
  let notes: [String]

  /// Trials in a figure, which has not more pixels to show them.
  private static let mostMarks = 300

  init(sweep: Sweep, scores: [Int: TaskScore], winner: Int?) {
    guard let ranking = sweep.ranking(ofRung: 1, scores) else {
      (trials, options, notes) = (nil, [], [])
      return
    }
    let scored = ranking.filter { !$0.score.isDiverged }
    let step = (scored.count + Self.mostMarks - 1) / Self.mostMarks
    let shown = scored.enumerated().filter { place, entry in
      step <= 1 || place % step == 0 || entry.trial == 1 || entry.trial == winner
    }.map(\.element)
    let scales = sweep.space.options.enumerated().map { Self.scale(of: $1, place: $0, shown, sweep) }
    let marks = shown.map { Self.mark($0, scales, sweep, winner) }
    var notes: [String] = []
    if scored.count < ranking.count {
      notes.append("\(counted(ranking.count - scored.count, "trial")) diverged and left no score to show.")
    }
    if shown.count < scored.count {
      notes.append(
        "\(grouped(shown.count)) of \(counted(scored.count, "trial")) are shown, evenly chosen by their score."
      )
    }
    self.notes = notes
    let best = shown.first.map { "The best, trial \($0.trial), has \(percent($0.score.accuracy))." } ?? ""
    trials =
      marks.isEmpty
      ? nil
      : ParallelCoordinates(
        name: "trials", title: "Trials by their options and accuracy",
        description: "A line for each of \(counted(marks.count, "trial")). \(best)",
        options: zip(sweep.space.options, scales).map { ($0.name, $1) }, marks: marks
      ).figure
    options =
      marks.isEmpty
      ? []
      : zip(sweep.space.options, scales).enumerated().map { place, option in
        Self.figure(of: option.0, option.1, place: place, marks)
      }
  }

  private static func figure(
    of option: SearchedOption, _ scale: OptionScale, place: Int, _ marks: [TrialMark]
  ) -> Figure {
    var isLogarithmic = false
    if case .numbers(.logarithmic) = scale { isLogarithmic = true }
    return OptionPlot(
      name: "option-\(option.name)", title: "Accuracy by \(option.name)",
      description: description(of: option, scale, place: place, marks),
      xTitle: option.name + (isLogarithmic ? " (log scale)" : ""),
      scale: scale, option: place, marks: marks
    ).figure
  }

  /// The means of a list's values, or where the best trial is in a range.
  private static func description(
    of option: SearchedOption, _ scale: OptionScale, place: Int, _ marks: [TrialMark]
  ) -> String {
    guard case .names(let names) = scale else {
      let best = marks.first?.values[place].map { withoutPointZero($0) } ?? "unset"
      return "A dot with its interval for each of \(counted(marks.count, "trial")); the best has \(best)."
    }
    let means = names.enumerated().compactMap { number, name -> String? in
      let scores = marks.filter { $0.values[place] == Double(number) }.map(\.score)
      if scores.isEmpty { return nil }
      return
        "\(name) \(percent(meanAndDeviation(scores).mean)) on average (\(counted(scores.count, "trial")))"
    }
    return means.joined(separator: ", ") + "."
  }

  /// A list's values in their order, and the base's, which may be another; a range's numbers.
  private static func scale(
    of option: SearchedOption, place: Int, _ shown: [(trial: Int, score: TaskScore)], _ sweep: Sweep
  ) -> OptionScale {
    switch option.values {
    case .wholes(_, let isLogarithmic), .decimals(_, let isLogarithmic):
      return .numbers(isLogarithmic ? .logarithmic : .linear)
    case .list(var names):
      for entry in shown {
        let name = sweep.space.values(of: sweep.trials[entry.trial - 1])[place] ?? "unset"
        if !names.contains(name) { names.append(name) }
      }
      return .names(names)
    }
  }

  private static func mark(
    _ entry: (trial: Int, score: TaskScore), _ scales: [OptionScale], _ sweep: Sweep, _ winner: Int?
  ) -> TrialMark {
    let texts = sweep.space.values(of: sweep.trials[entry.trial - 1])
    let values = zip(texts, scales).map { text, scale -> Double? in
      switch scale {
      case .numbers: text.flatMap { Double($0) }
      case .names(let names): names.firstIndex(of: text ?? "unset").map { Double($0) }
      }
    }
    let options = zip(sweep.space.options, texts).map { "\($0.name) \($1 ?? "unset")" }
    return TrialMark(
      trial: entry.trial, values: values, score: entry.score.accuracy, interval: entry.score.interval,
      role: entry.trial == winner ? .winner : entry.trial == 1 ? .base : .plain,
      tip: "trial \(entry.trial): \(options.joined(separator: ", ")): \(percent(entry.score.accuracy))")
  }
}
