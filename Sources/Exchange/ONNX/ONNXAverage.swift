import Foundations
import Runs

extension ONNXGraph {
  /// Adds the average of members' probabilities, `[images, classes]` each.
  mutating func add(_ average: Average, of members: [Value], weights: [Double], classes: Int) -> Value {
    switch average {
    case .arithmetic:
      if members.count == 1 { return members[0] }
      return addSum("average", members, weights: weights)
    case .geometric:
      let least = constant("average/least", [1e-15])
      let logarithms = members.enumerated().map { number, value in
        let clipped = add("Clip", [value, least], "average/clipped\(number + 1)")
        return add("Log", [clipped], "average/logarithm\(number + 1)")
      }
      let mean = addSum("average", logarithms, weights: weights)
      return add("Softmax", [mean], "average/geometric", [.integer("axis", 1)])
    case .vote:
      return addVote(members, weights: weights, classes: classes)
    }
  }

  /// Votes, and something small by the order of the mean probabilities, which decides where votes are equal: the mean
  /// probabilities themselves, small enough, would be lost in single precision.
  private mutating func addVote(_ members: [Value], weights: [Double], classes: Int) -> Value {
    let depth = integers("vote/classes", [Int64(classes)])
    let values = constant("vote/values", [0, 1], shape: [2])
    let votes = members.enumerated().map { number, value in
      let best = add(
        "ArgMax", [value], "vote/best\(number + 1)", [.integer("axis", 1), .integer("keepdims", 0)])
      return add("OneHot", [best, depth, values], "vote/vote\(number + 1)")
    }
    let sum = addSum("vote/votes", votes, weights: weights)
    let mean = addSum("vote/mean", members, weights: weights)
    // How many classes have a smaller mean.
    let own = add("Unsqueeze", [mean, integers("vote/axis-2", [2])], "vote/own")
    let others = add("Unsqueeze", [mean, integers("vote/axis-1", [1])], "vote/others")
    let isLarger = add("Greater", [own, others], "vote/is-larger")
    let counted = add(
      "Cast", [isLarger], "vote/counted", [.integer("to", Onnx_TensorProto.DataType.float.rawValue)])
    let rank = add(
      "ReduceSum", [counted, integers("vote/sum-axis", [2])], "vote/rank", [.integer("keepdims", 0)])
    let step = constant("vote/step", [Float(ExportedEnsemble.tieBreak(classes: classes))])
    return add("Add", [sum, add("Mul", [rank, step], "vote/tie-break")], "vote/probabilities")
  }

  /// A weighted sum.
  private mutating func addSum(_ name: String, _ values: [Value], weights: [Double]) -> Value {
    let weighted = zip(values, weights).enumerated().map { number, pair in
      let weight = constant("\(name)/weight\(number + 1)", [Float(pair.1)])
      return add("Mul", [pair.0, weight], "\(name)/weighted\(number + 1)")
    }
    return add("Sum", weighted, "\(name)/sum")
  }
}
