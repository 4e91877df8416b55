import Foundations

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if _endian(big)
  #error("ONNX's raw data is little-endian, and values are copied as they lie in memory")
#endif

/// A graph of ONNX's operators while it is built, node by node in the order in which they compute.
struct ONNXGraph {
  /// A value by its name: an input, a constant or a node's output.
  struct Value {
    let name: String
  }

  private(set) var graph = Onnx_GraphProto()

  init(name: String) { graph.name = name }

  /// Adds an operator of one output, which has the node's name.
  mutating func add(
    _ type: String, _ inputs: [Value], _ name: String, _ attributes: [ONNXAttribute] = []
  ) -> Value {
    var node = Onnx_NodeProto()
    node.opType = type
    node.name = name
    node.input = inputs.map(\.name)
    node.output = [name]
    node.attribute = attributes.map(\.message)
    graph.node.append(node)
    return Value(name: name)
  }

  /// Adds floats with a shape; none for a scalar.
  mutating func constant(_ name: String, _ values: [Float], shape: [Int] = []) -> Value {
    constant(name, .float, values.withUnsafeBytes { Data($0) }, shape)
  }

  /// Adds whole numbers, in one dimension.
  mutating func integers(_ name: String, _ values: [Int64]) -> Value {
    constant(name, .int64, values.withUnsafeBytes { Data($0) }, [values.count])
  }

  private mutating func constant(
    _ name: String, _ type: Onnx_TensorProto.DataType, _ data: Data, _ shape: [Int]
  ) -> Value {
    var tensor = Onnx_TensorProto()
    tensor.name = name
    tensor.dataType = Int32(type.rawValue)
    tensor.dims = shape.map { Int64($0) }
    tensor.rawData = data
    graph.initializer.append(tensor)
    return Value(name: name)
  }

  /// Adds the graph's input: any number of rows of `columns` numbers.
  mutating func addInput(
    _ name: String, _ type: Onnx_TensorProto.DataType, columns: Int, _ text: String
  ) -> Value {
    graph.input.append(Self.table(name, type, columns: columns, text))
    return Value(name: name)
  }

  /// Makes the value that was added last the graph's output, under another name.
  mutating func finish(as name: String, columns: Int, _ text: String) {
    graph.node[graph.node.count - 1].output = [name]
    graph.output.append(Self.table(name, .float, columns: columns, text))
  }

  /// The description of a table whose number of rows is free.
  private static func table(
    _ name: String, _ type: Onnx_TensorProto.DataType, columns: Int, _ text: String
  ) -> Onnx_ValueInfoProto {
    var (rows, width) = (Onnx_TensorShapeProto.Dimension(), Onnx_TensorShapeProto.Dimension())
    rows.dimParam = "images"
    width.dimValue = Int64(columns)
    var info = Onnx_ValueInfoProto()
    info.name = name
    info.docString = text
    info.type.tensorType.elemType = Int32(type.rawValue)
    info.type.tensorType.shape.dim = [rows, width]
    return info
  }
}

/// An attribute of a node.
enum ONNXAttribute {
  case float(String, Float)
  case integer(String, Int)
  case integers(String, [Int])

  var message: Onnx_AttributeProto {
    var result = Onnx_AttributeProto()
    switch self {
    case .float(let name, let value): (result.name, result.type, result.f) = (name, .float, value)
    case .integer(let name, let value): (result.name, result.type, result.i) = (name, .int, Int64(value))
    case .integers(let name, let values):
      (result.name, result.type, result.ints) = (name, .ints, values.map { Int64($0) })
    }
    return result
  }
}
