import Competition
import Foundations

/// What a submission holds, for a person who is about to send it.
public struct SubmissionReport: Sendable {
  /// A test image with its prediction.
  public struct Image: Sendable {
    /// Its number in the submission, from 1.
    public var imageId: Int
    /// Its id, if the test table has ids.
    public var name: String?
    /// 784 bytes.
    public var pixels: [UInt8]
    /// A probability of each class.
    public var probabilities: [Double]

    /// A value of each field.
    public init(imageId: Int, name: String? = nil, pixels: [UInt8], probabilities: [Double]) {
      precondition(
        pixels.count == DigitTable.pixelCount && Classes.possible.contains(probabilities.count),
        "784 pixels and a probability of each class")
      self.imageId = imageId
      self.name = name
      self.pixels = pixels
      self.probabilities = probabilities
    }

    var prediction: Int { DigitClass.mostProbable(probabilities[...]) }
    var confidence: Double { probabilities[prediction] }
  }

  /// Names the submission, in the page's heading.
  public var title: String
  /// The classes.
  public var classes = Classes.digits
  /// How many images were predicted as each class.
  public var predicted: [Int]
  /// How many training rows each class has; empty if unknown, which leaves the comparison out.
  public var training: [Int] = []
  /// What score to expect and why, as a sentence.
  public var expectation: String
  /// Why it may be worthless, a sentence for each reason.
  public var warnings: [String] = []
  /// The checkpoints and options that made it.
  public var facts: [(name: String, value: String)] = []
  /// Commands that make it again or check it.
  public var commands: [(purpose: String, command: String)] = []
  /// What to do next, shown first.
  public var next: (purpose: String, command: String)?
  /// The least certain images, in any order; the first 60 are shown.
  public var uncertain: [Image] = []
  /// How many images have a largest probability below some numbers.
  public var below: [(confidence: Double, images: Int)] = []
  /// How many members there are.
  public var members = 1
  /// How many images they classify differently.
  public var disagreements: Int?

  /// A report whose other parts are set afterwards.
  public init(title: String, predicted: [Int], expectation: String) {
    self.title = title
    self.predicted = predicted
    self.expectation = expectation
  }

  /// The page.
  public var page: Report {
    Report(
      title: title, kind: "report of a submission", lead: lead,
      parts: [runPart, distributionPart, certaintyPart])
  }

  private var images: Int { predicted.reduce(0, +) }

  private var lead: String {
    var values = [(grouped(images), "test images")]
    if let bound = below.min(by: { abs($0.confidence - 0.9) < abs($1.confidence - 0.9) }) {
      values.append((grouped(bound.images), "less than \(bounded(bound.confidence)) confident"))
    }
    if let disagreements, members > 1 {
      values.append((grouped(disagreements), "on which the \(members) members disagree"))
    }
    let items = values.enumerated().map { index, value in
      """
      <div><p class="\(index == 0 ? "big" : "value")">\(value.0)</p>\
      <p class="label">\(escaped(value.1))</p></div>
      """
    }
    var html = "<div class=\"lead\">\n<div class=\"score\">\(items.joined())</div>\n"
    for warning in warnings { html += paragraph("Warning: \(warning).", "note") + "\n" }
    html += paragraph(expectation, "note") + "\n"
    if let next { html += "<div class=\"next\">\(commandList([next]))</div>\n" }
    return html + "</div>"
  }

  /// A bound with a decimal if it has one: `90 %`, `99.9 %`.
  private func bounded(_ confidence: Double) -> String {
    percent(confidence, (confidence * 1000).rounded().remainder(dividingBy: 10) == 0 ? 0 : 1)
  }

  private var runPart: ReportPart? {
    if facts.isEmpty && commands.isEmpty { return nil }
    var body = facts.isEmpty ? "" : factList(facts)
    if !commands.isEmpty { body += "<h3>Make it again</h3>\n" + commandList(commands) }
    return ReportPart(section: .init(id: "run", title: "What it was made of", body: body))
  }

  private var distributionPart: ReportPart {
    func shares(_ counts: [Int]) -> [Double] {
      let total = counts.reduce(0, +)
      return counts.map { Double($0) / Double(total) }
    }
    let (ours, theirs) = (shares(predicted), shares(training))
    var series = [(name: "predicted in the test set", values: ours)]
    if !training.isEmpty { series.append((name: "labels of the training set", values: theirs)) }
    let distances = zip(ours, theirs).map { ($0 - $1).magnitude }
    let farthest = distances.indices.max { distances[$0] < distances[$1] }
    let text =
      training.isEmpty
      ? nil
      : farthest.map {
        "The largest difference is at \(classes.name($0)): \(percent(ours[$0])) of the test images, \(percent(theirs[$0])) of the training rows."
      }
    let (noun, title) = (classes.noun, "Share of each \(classes.noun)")
    var chart = BarChart(
      name: "classes", title: title, description: text ?? "Predictions.",
      xTitle: noun, yTitle: "share", categories: predicted.indices.map { classes.name($0) }, series: series)
    chart.isPercent = true
    var columns: [Column] = [.text(noun), .number("predicted"), .number("share")]
    var rows = predicted.indices.map { [classes.name($0), grouped(predicted[$0]), percent(ours[$0])] }
    if !training.isEmpty {
      columns += [.number("training rows"), .number("share")]
      for digit in rows.indices { rows[digit] += [grouped(training[digit]), percent(theirs[digit])] }
    }
    let figure = chart.figure
    let note = text.map { "\($0) A test set drawn like the training set has nearly the same shares." }
    let body = """
      \(note.map { paragraph($0, "soft") } ?? "")
      <div class="\(figure.isWide ? "stack" : "pair")">
      <figure class="chart">\(figure.inlined)</figure>
      <div>\(tableBox(title, columns, rows))</div>
      </div>
      """
    return ReportPart(
      section: .init(
        id: "classes", title: classes.areDigits ? "Predicted digits" : "Predicted classes", body: body),
      figures: [figure])
  }

  private var certaintyPart: ReportPart? {
    if uncertain.isEmpty && below.isEmpty { return nil }
    var body = ""
    if !below.isEmpty {
      let rows = below.sorted { $0.confidence > $1.confidence }.map {
        [
          "below \(bounded($0.confidence))", grouped($0.images),
          percent(Double($0.images) / Double(images)),
        ]
      }
      body += tableBox(
        "Uncertain images", [.text("largest probability"), .number("images"), .number("share")], rows)
    }
    let sorted = uncertain.sorted {
      $0.confidence == $1.confidence ? $0.imageId < $1.imageId : $0.confidence < $1.confidence
    }.prefix(RunReport.pictureLimit)
    if !sorted.isEmpty {
      let cards = sorted.map { image in
        DigitCard(
          pixels: image.pixels[...],
          text:
            "Test image \(image.imageId): predicted \(classes.name(image.prediction)) with \(percent(image.confidence, 1))",
          heading: "predicted \(classes.name(image.prediction))", classes: classes,
          probabilities: image.probabilities[...], label: nil,
          place: image.name.map { "id \($0)" } ?? "ImageId \(image.imageId)"
        ).html
      }
      body += "<h3>The \(grouped(sorted.count)) least certain</h3>\n"
      body += "<ul class=\"cards\">\n\(cards.joined(separator: "\n"))\n</ul>"
    }
    return ReportPart(section: .init(id: "certainty", title: "Least certain images", body: body))
  }
}
