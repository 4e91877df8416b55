import Competition
import Foundations
import Scoring

extension RunReport {
  /// How many pictures of a kind are shown; the rest is listed.
  static let pictureLimit = 60

  /// All that an evaluation's rows show.
  var scoredParts: [ReportPart?] {
    guard let scored else { return [] }
    return [
      confusionPart(scored), calibrationPart(scored), errorPart(scored), doubtfulPart(scored),
      disagreementPart(scored),
    ]
  }

  private func confusionPart(_ scored: Evaluation) -> ReportPart {
    let (kinds, mistakes, errors) = (scored.kinds, scored.mistakes, scored.errors)
    let frequent = mistakes.prefix(5).map { mistake in
      let share = Double(mistake.rows) / Double(max(1, scored.confusion[mistake.label].reduce(0, +)))
      let own = kinds.areNumbers ? "the \(mistake.label)s" : "its label's"
      return
        "\(kinds.name(mistake.label)) predicted as \(kinds.name(mistake.predicted)) (\(counted(mistake.rows, "row")), \(percent(share)) of \(own))"
    }
    let text =
      frequent.isEmpty
      ? "There are no mistakes."
      : "Most frequent mistakes: \(frequent.joined(separator: ", "))."
    var map = HeatMap(
      name: "confusion", title: "Confusion matrix", description: text, names: kinds.names,
      counts: scored.confusion)
    let figure = map.figure
    map.linkPrefix = Self.cellPrefix
    let classes = scored.classes.map {
      [kinds.name($0.digit), grouped($0.rows), percent($0.precision), percent($0.recall), percent($0.f1)]
    }
    let body = """
      \(paragraph("A row is a label, a column a prediction. Grey is correct; darker orange means more mistakes. A mistake opens its pictures, below the matrix.", "soft"))
      <div class="\(figure.isWide ? "stack" : "pair")">
      <div><figure class="chart">\(map.figure.inlined)</figure>
      \(paragraph(text, "below"))\(scored.missingClasses.map { paragraph("No scored row is of \($0).", "soft") } ?? "")</div>
      <div><h3>Scores by class</h3>
      \(tableBox(
        "Scores by class",
        [.text(kinds.noun), .number("rows"), .number("precision"), .number("recall"), .number("F1")], classes))</div>
      </div>
      \(mistakes.map { cell(scored, $0, of: errors, limit: Self.cellLimit(of: mistakes.count)) }.joined(separator: "\n"))
      """
    return ReportPart(
      section: .init(id: "confusion", title: "Confusion and class scores", body: body), figures: [figure])
  }

  private static let cellPrefix = "mistakes"
  /// How many pictures of a cell of the matrix there are at most, fewer if there are many such cells: a page that shows all
  /// of a network that learnt nothing would be large.
  private static func cellLimit(of cells: Int) -> Int { min(12, max(2, 180 / max(1, cells))) }

  /// The pictures of a cell of the matrix, which are shown when its link is followed.
  private func cell(
    _ scored: Evaluation, _ mistake: (label: Int, predicted: Int, rows: Int), of errors: [Int], limit: Int
  ) -> String {
    let (label, predicted) = (mistake.label, mistake.predicted)
    let places = errors.filter {
      scored.labels[$0] == label && scored.predictions[$0] == predicted
    }
    let cards = places.prefix(limit).map {
      card(scored, $0, heading(scored, label, predicted)).html
    }
    let what =
      "\(counted(places.count, "row")) of label \(escaped(scored.kinds.name(label))) predicted as \(escaped(scored.kinds.name(predicted)))"
    let which = places.count > limit ? ", the \(limit) with the least probable labels" : ""
    return """
      <div class="cell" id="\(Self.cellPrefix)-\(label)-\(predicted)"><h3>\(what)\(which)</h3>
      <ul class="cards">
      \(cards.joined(separator: "\n"))
      </ul></div>
      """
  }

  private func calibrationPart(_ scored: Evaluation) -> ReportPart {
    let confidence = scored.calibration.reduce(0) { $0 + $1.confidenceSum } / Double(scored.rows.count)
    let verdict =
      scored.accuracyInterval.contains(confidence)
      ? "well calibrated, as far as this number of rows can tell"
      : confidence > scored.accuracy ? "overconfident" : "underconfident"
    let text =
      "The mean confidence is \(percent(confidence)) and the accuracy \(percent(scored.accuracy)): \(verdict). "
      + "The mean difference over the bins, the expected calibration error, is "
      + "\(percent(scored.expectedCalibrationError))."
    let diagram = ReliabilityDiagram(
      name: "calibration", title: "Confidence and accuracy", description: text,
      bins: scored.calibration
    ).figure
    let note =
      "A dot is the rows of one interval of confidence; on the dotted line their accuracy equals their confidence. "
      + "The bars through the dots are 95 % intervals: few rows make them wide."
    let body = """
      <div class="pair">
      <figure class="chart">\(diagram.inlined)</figure>
      <div>\(paragraph(text))\(paragraph(note, "soft"))</div>
      </div>
      """
    return ReportPart(
      section: .init(id: "calibration", title: "Calibration", body: body),
      figures: [diagram])
  }

  private func errorPart(_ scored: Evaluation) -> ReportPart {
    let errors = scored.errors
    let title = "Worst errors"
    if errors.isEmpty {
      return ReportPart(
        section: .init(id: "errors", title: title, body: paragraph("Every row was classified correctly.")))
    }
    let cards = cardList(
      errors, limit: Self.pictureLimit, rest: "errors by row",
      card: { place in
        var card = card(scored, place, heading(scored, scored.labels[place], scored.predictions[place]))
        card.occlusion = occlusionMaps[place]
        return card
      },
      line: { place in
        "row \(scored.rows[place]): "
          + heading(scored, scored.labels[place], scored.predictions[place])
      })
    let key =
      "<p class=\"soft\">All \(counted(errors.count, "error")), least probable label first. <span class=\"key true\"></span>the label "
      + "<span class=\"key chosen\"></span>the prediction. \(mapText)Rows count from 0; lines are those of "
      + "\(escaped(tableName)).</p>\n"
    return ReportPart(
      section: .init(id: "errors", title: title, body: key + missingPictures + cards))
  }

  private var mapText: String {
    occlusionMaps.isEmpty
      ? ""
      : "The second picture shows where the members look (at most \(RunReport.askedMembers) are asked): covering what is orange makes the prediction less probable. "
  }

  private func doubtfulPart(_ scored: Evaluation) -> ReportPart? {
    guard let doubtful else { return nil }
    let intro =
      "Confident learning (Northcutt, Jiang and Chuang, 2021) compares each label with the predictions of members that "
      + "were not trained on it. Look at the picture before you believe either."
    var body = paragraph(intro, "soft")
    if doubtful.isEmpty {
      body += paragraph("No label looks wrong.")
    } else {
      body += paragraph("\(counted(doubtful.count, "label")) of \(grouped(scored.rows.count)) may be wrong.")
      body += missingPictures
      body += cardList(
        doubtful, limit: Self.pictureLimit, rest: "doubtful labels by row",
        card: {
          card(scored, $0.place, heading(scored, scored.labels[$0.place], $0.suggested, verb: "looks like"))
        },
        line: {
          "row \(scored.rows[$0.place]): "
            + heading(scored, scored.labels[$0.place], $0.suggested, verb: "looks like")
        })
    }
    return ReportPart(section: .init(id: "labels", title: "Labels that look wrong", body: body))
  }

  private func disagreementPart(_ scored: Evaluation) -> ReportPart? {
    guard let disagreements else { return nil }
    let title = "Disagreements of members"
    let share = Double(disagreements.count) / Double(scored.rows.count)
    if disagreements.isEmpty {
      return ReportPart(
        section: .init(
          id: "members", title: title, body: paragraph("All members classify every row alike.")))
    }
    let correct = disagreements.count { scored.predictions[$0.place] == scored.labels[$0.place] }
    var body = paragraph(
      "The \(counted(members.count, "member")) classify \(counted(disagreements.count, "row")) differently "
        + "(\(percent(share))); together they classify \(grouped(correct)) of them correctly.")
    // The least confident first.
    let sorted = disagreements.sorted {
      let (left, right) = (confidence(scored, $0.place), confidence(scored, $1.place))
      return left == right ? $0.place < $1.place : left < right
    }
    body += missingPictures
    body += cardList(
      sorted, limit: Self.pictureLimit / 2, rest: "such rows, with the members' predictions in order",
      card: { one in
        var card = card(
          scored, one.place,
          heading(scored, scored.labels[one.place], scored.predictions[one.place], verb: "together"))
        card.more = answers(one.answers, scored.kinds)
        return card
      },
      line: { one in
        let answers = one.answers.map { $0.map { scored.kinds.name($0) } ?? "–" }
          .joined(separator: " ")
        return
          "row \(scored.rows[one.place]): label \(scored.kinds.name(scored.labels[one.place])), predictions \(answers)"
      })
    return ReportPart(section: .init(id: "members", title: title, body: body))
  }

  /// `7 (member 1, member 3), 1 (member 2)`, or only how many where there are more than four.
  private func answers(_ answers: [UInt8?], _ kinds: Classes) -> String {
    let digits = Set(answers.compactMap { $0 }).sorted { left, right in
      let (a, b) = (answers.count { $0 == left }, answers.count { $0 == right })
      return a == b ? left < right : a > b
    }
    return digits.map { digit in
      let who = answers.indices.filter { answers[$0] == digit }
      let names = who.map { $0 < members.count ? members[$0] : "\($0 + 1)" }
      return "\(kinds.name(digit)) (\(members.count > 4 ? "\(who.count)×" : names.joined(separator: ", ")))"
    }.joined(separator: ", ")
  }

  /// `label 4, predicted 9`, with the classes' names.
  private func heading(
    _ scored: Evaluation, _ label: some BinaryInteger, _ other: some BinaryInteger, verb: String = "predicted"
  ) -> String {
    "label \(scored.kinds.name(label)), \(verb) \(scored.kinds.name(other))"
  }

  private func confidence(_ scored: Evaluation, _ place: Int) -> Double {
    let classes = scored.kinds.count
    return scored.probabilities[place * classes..<(place + 1) * classes].max() ?? 0
  }

  private var missingPictures: String {
    table == nil ? paragraph("The table of digits was not found, so there are no pictures.", "soft") : ""
  }

  private func card(_ scored: Evaluation, _ place: Int, _ heading: String) -> DigitCard {
    let (row, classes) = (scored.rows[place], scored.kinds.count)
    var pixels: ArraySlice<UInt8>?
    if let table, row >= 0, row < table.count {
      pixels = table.pixels[row * DigitTable.pixelCount..<(row + 1) * DigitTable.pixelCount]
    }
    return DigitCard(
      pixels: pixels, text: "Picture of row \(row): \(heading)", heading: heading,
      classes: scored.kinds, probabilities: scored.probabilities[place * classes..<(place + 1) * classes],
      label: Int(scored.labels[place]), place: (table?.naming ?? .lines).place(ofRow: row))
  }
}
