import Foundations
import Testing
@testable import Reporting

@Suite struct FigureTests {
  /// One figure of each kind, with the values that are hardest to draw.
  static var figures: [Figure] {
    let odd: [(x: Double, y: Double?)] = [(1, .nan), (2, nil), (3, .infinity), (4, -1), (5, 0), (6, 1e300)]
    var lines = LineChart(
      name: "lines", title: hostile, description: hostile, xTitle: hostile, yTitle: hostile,
      series: (0..<20).map { .init(name: "\(hostile) \($0)", points: odd, colour: $0 - 3, isDashed: $0 > 4) })
    let linear = lines.figure
    lines.name = "logarithmic"
    lines.yScale = .logarithmic
    let logarithmic = lines.figure
    let evaluation = Sample.evaluation(of: Sample.table(rows: 50), wrong: 30)
    return [
      linear, logarithmic,
      LineChart(name: "none", title: "", description: "", xTitle: "", yTitle: "", series: []).figure,
      BarChart(
        name: "bars", title: hostile, description: hostile, xTitle: "x", yTitle: "y",
        categories: ["0", hostile], series: [("a", [.nan, 3]), (hostile, [-2]), ("c", [.infinity, 1, 7])]
      ).figure,
      HeatMap(
        name: "heat", title: hostile, description: hostile, names: evaluation.kinds.names,
        counts: evaluation.confusion
      ).figure,
      HeatMap(name: "no-heat", title: "t", description: "d", names: [], counts: []).figure,
      ReliabilityDiagram(
        name: "calibration", title: hostile, description: hostile, bins: evaluation.calibration
      ).figure,
      IntervalChart(
        name: "intervals", title: hostile, description: hostile, xTitle: "x",
        rows: [(hostile, 0.9, 0.8...0.95), ("b", .nan, 0...1)]
      ).figure,
    ] + trialFigures
  }

  /// Figures of trials, with scores and values that an axis can't show.
  static var trialFigures: [Figure] {
    let scales = [OptionScale.numbers(.logarithmic), .names([hostile, "b"]), .names([]), .numbers(.linear)]
    let marks = [(0.9, TrialMark.Role.plain), (1, .winner), (0, .base), (.nan, .plain)].map { score, role in
      TrialMark(
        trial: 3, values: [score - 0.5, 1, nil, .infinity], score: score, interval: 0...1, role: role,
        tip: hostile)
    }
    return [marks, []].flatMap { marks in
      [
        ParallelCoordinates(
          name: "trials", title: hostile, description: hostile,
          options: scales.map { (hostile, $0) }, marks: marks
        ).figure,
        ParallelCoordinates(
          name: "no-options", title: "t", description: "d", options: [], marks: marks
        ).figure,
      ]
        + scales.indices.map { place in
          OptionPlot(
            name: "option", title: hostile, description: hostile, xTitle: hostile,
            scale: scales[place], option: place, marks: marks
          ).figure
        }
    }
  }

  @Test func filesAreWellFormedAndDescribed() throws {
    for figure in Self.figures {
      let elements = try Elements(figure.svg).all
      let root = try #require(elements.first)
      #expect(root.name == "svg" && root.attributes["role"] == "img")
      let ids = elements.compactMap { $0.attributes["id"] }
      #expect(root.attributes["aria-labelledby"] == ids.joined(separator: " ") && ids.count == 2)
      #expect(!elements.contains { $0.name == "script" || $0.name == "img" })
      #expect(!figure.svg.contains("nan") && !figure.svg.contains("inf\""))
      #expect(figure.svg.contains("prefers-color-scheme:dark"))
    }
  }

  @Test func figuresOfAPageHaveLabelsAndNoIds() throws {
    for figure in Self.figures {
      let elements = try Elements(figure.inlined).all
      #expect(elements.first?.attributes["aria-label"]?.isEmpty == false)
      #expect(elements.allSatisfy { $0.attributes["id"] == nil })
    }
  }

  @Test func sameInputSameBytes() {
    #expect(Self.figures.map(\.svg) == Self.figures.map(\.svg))
  }

  @Test func linesHaveGapsWhereThereIsNothing() {
    var canvas = Canvas()
    canvas.path([(0, 0), (1, 2.04), nil, (3, 3), nil, nil, (4, 4), (5, .nan)], "line")
    #expect(canvas.content == "<path class=\"line\" d=\"M0 0L1 2M3 3h.01M4 4L5 0\"/>\n")
  }

  @Test func manyPointsAreThinned() {
    let points = (0..<100_000).map { (x: Double($0), y: Optional(Double($0 % 97))) }
    let chart = LineChart(
      name: "many", title: "t", description: "d", xTitle: "x", yTitle: "y",
      series: [.init(name: "a", points: points, colour: 0)])
    #expect(chart.figure.svg.utf8.count < 150_000)
  }

  @Test func errorsAreColouredByTheirLogarithm() {
    #expect(HeatMap.level(0, most: 100) == 0)
    #expect(HeatMap.level(1, most: 100) == 1)
    #expect(HeatMap.level(100, most: 100) == 6)
    #expect(HeatMap.level(1, most: 1) == 2 && HeatMap.level(10, most: 10) == 6)
    #expect(
      (1...100).map { HeatMap.level($0, most: 100) }
        == (1...100).map { HeatMap.level($0, most: 100) }.sorted())
  }

  @Test func textsAreEscaped() {
    #expect(escaped("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;")
    #expect(escaped("\u{0}\u{1F}\u{202E}é\n") == "\u{FFFD}\u{FFFD}\u{FFFD}é\n")
  }
}
