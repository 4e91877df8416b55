import Foundations
import Training

/// The loss over rising learning rates, with a mark at the suggested one.
public func learningRateFigure(_ range: LearningRateRange) -> Figure {
  // What is far above the lowest loss is only the fall into it, or divergence.
  let top = 1.6 * (range.points.first?.loss ?? 1)
  var series = [
    LineChart.Series(
      name: "loss", points: range.points.map { ($0.learningRate, min($0.loss, top)) }, colour: 0)
  ]
  var description = "The loss while the learning rate rises."
  if let suggestion = range.suggestion, let lowest = range.lowest {
    series.append(
      .init(
        name: "suggested", points: [(suggestion, lowest.loss), (suggestion, top)], colour: 1, isDashed: true))
    description +=
      " It is lowest, \(fixed(lowest.loss, 3)), at \(significant(lowest.learningRate)); \(significant(suggestion)) is suggested."
  }
  return LineChart(
    name: "learning-rate", title: "Loss by learning rate", description: description,
    xTitle: "learning rate (log scale)", yTitle: "loss, averaged", series: series, xScale: .logarithmic
  ).figure
}
