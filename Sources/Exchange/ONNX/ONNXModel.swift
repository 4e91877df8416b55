import Foundations
import SwiftProtobuf

/// The type of the pixels that an ONNX model takes: 0 (paper) to 255 (ink) in both.
public enum PixelType: String, Sendable, CaseIterable {
  /// Bytes, as in Kaggle's files.
  case uint8
  /// Floats, for converters that don't support bytes.
  case float32
}

extension ExportedEnsemble {
  /// The opset: every operator that is needed has its present form there, and runtimes of many years load it.
  public static let opset = 17
  /// The version of the file's format that belongs to it.
  public static let irVersion = 8
  /// What protobuf can hold, less what is not weights.
  private static let mostBytes = 2_000_000_000

  /// The bytes of an ONNX model of the whole ensemble with its preprocessing: from `pixels`, `[images, 784]`, to
  /// `probabilities`, `[images, classes]`. The same checkpoints, weights and average give the same bytes.
  ///
  /// - Throws: `usage` if the weights are more than a file of the format can hold.
  public func onnx(input: PixelType) throws(KitError) -> [UInt8] {
    guard weightBytes <= Self.mostBytes else {
      throw KitError(
        .usage,
        "the members' weights take \(grouped(weightBytes)) bytes; an ONNX file holds \(grouped(Self.mostBytes)), so export "
          + "fewer members")
    }
    var model = Onnx_ModelProto()
    model.irVersion = Int64(Self.irVersion)
    model.producerName = "kaggle-digits"
    model.producerVersion = kitVersion
    model.docString =
      "Probabilities of the digits 0 to 9 for images of 28×28 pixels. pixels are as in Kaggle's files: 784 numbers a row, "
      + "row by row, from 0 (paper) to 255 (ink); the preprocessing is part of the graph."
    var opset = Onnx_OperatorSetIdProto()
    opset.version = Int64(Self.opset)
    model.opsetImport = [opset]
    model.graph = graph(input: input).graph
    model.metadataProps = metadata.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      (entry.key, entry.value) = (key, value)
      return entry
    }
    do {
      return try model.serializedBytes()
    } catch {
      throw KitError(.failure, "the ONNX model can't be serialized: \(error)")
    }
  }

  private func graph(input: PixelType) -> ONNXGraph {
    let side = members[0].checkpoint.weights.network.input.rows
    var graph = ONNXGraph(name: "kaggle-digits")
    var pixels = graph.addInput(
      "pixels", input == .uint8 ? .uint8 : .float, columns: side * side, "0 (paper) to 255 (ink), row by row")
    if input == .uint8 {
      pixels = graph.add(
        "Cast", [pixels], "pixels/floats", [.integer("to", Onnx_TensorProto.DataType.float.rawValue)])
    }
    let shape = graph.integers("pixels/shape", [-1, Int64(side), Int64(side)])
    let images = graph.add("Reshape", [pixels, shape], "pixels/images")
    let largest = graph.constant("pixels/largest", [255])
    let channel = graph.integers("pixels/channel", [1])
    // Once for all members that share it.
    var prepared: [String: ONNXGraph.Value] = [:]
    for preprocessing in preprocessings {
      let name = preprocessing.rawValue
      let sampled = graph.add(preprocessing, images: images, side: side)
      let scaled = graph.add("Div", [sampled, largest], "\(name)/from-0-to-1")
      prepared[name] = graph.add("Unsqueeze", [scaled, channel], "\(name)/one-channel")
    }
    var values: [ONNXGraph.Value] = []
    for (number, member) in members.enumerated() {
      guard let images = prepared[member.preprocessing.rawValue] else { continue }
      values.append(graph.add(member, "member\(number + 1)", images: images))
    }
    _ = graph.add(average, of: values, weights: members.map(\.weight), classes: classes.count)
    graph.finish(
      as: "probabilities", columns: classes.count, "of the classes \(classes.joined(separator: ", "))")
    return graph
  }

  /// What describes the model, sorted by key. No paths and no clock.
  private var metadata: [(key: String, value: String)] {
    let described = members.map { member in
      let origin = member.checkpoint.origin
      return JSON.object([
        ("network", .string(member.notation)), ("preprocessing", .string(member.preprocessing.rawValue)),
        ("weight", .number(member.weight)), ("epoch", .integer(origin.epoch)),
        ("rows_digest", .string(origin.rowsDigest)),
        ("checkpoint_sha256", member.checkpoint.digest.map { .string($0) } ?? .null),
      ])
    }
    // Names with commas are told apart in JSON.
    let names =
      classes.contains { $0.contains(",") }
      ? JSON.array(classes.map { .string($0) }).serialized(pretty: false) : classes.joined(separator: ",")
    return [
      ("average", average.rawValue), ("classes", names),
      ("members", JSON.array(described).serialized(pretty: false)),
    ]
  }
}
