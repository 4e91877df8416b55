import KernelShapes
import NeuralNetworks

/// A network as a Python library's code, and its tensors by the names that they have in the code's weights.
struct PythonNetwork {
  /// The layers, a line each, to be put into the library's sequence of layers.
  private(set) var lines: [String] = []
  /// The tensors; names are those within the member.
  private(set) var tensors: [(name: String, layout: TensorLayout)] = []
  /// Numbers that the library counts for each batch normalization, whose value does not matter.
  private(set) var counters: [String] = []
  /// Whether the value has rows and columns, of 1 pixel or more, or is a table of features.
  private var isMap = true

  /// A network's code for a library.
  init(_ layers: [ExportedLayer], for library: PythonLibrary) {
    for layer in layers {
      switch layer.kind {
      case .flatten, .dense: if isMap { append(library == .pytorch ? "nn.Flatten()" : "layers.Flatten()") }
      case .convolution, .maxPooling, .averagePooling:
        let features = layer.input.channels
        if !isMap {
          append(
            library == .pytorch
              ? "nn.Unflatten(1, (\(features), 1, 1))" : "layers.Reshape((1, 1, \(features)))")
        }
      case .batchNormalization, .dropout: break
      }
      switch library {
      case .pytorch: appendPyTorch(layer)
      case .keras: appendKeras(layer)
      }
      switch layer.kind {
      case .flatten, .dense: isMap = false
      case .convolution, .maxPooling, .averagePooling: isMap = true
      case .batchNormalization, .dropout: break
      }
    }
  }

  private mutating func append(_ code: String, _ comment: String? = nil) {
    lines.append("\(code)," + (comment.map { "  # \($0)" } ?? ""))
  }

  private mutating func appendPyTorch(_ layer: ExportedLayer) {
    let channels = layer.input.channels
    var activation = Activation.linear
    var code: String
    switch layer.kind {
    case .convolution(let convolution):
      let zeros = convolution.padding(of: layer.input)
      code = "nn.Conv2d(\(channels), \(convolution.filters), \(kernel(convolution))"
      if convolution.stride > 1 { code += ", stride=\(convolution.stride)" }
      if zeros.top != zeros.bottom || zeros.left != zeros.right {
        append("nn.ZeroPad2d((\(zeros.left), \(zeros.right), \(zeros.top), \(zeros.bottom)))")
      } else if zeros.top + zeros.left > 0 {
        code += ", padding=" + (zeros.top == zeros.left ? "\(zeros.top)" : "(\(zeros.top), \(zeros.left))")
      }
      code += ")"
      activation = convolution.activation
    case .dense(let dense):
      code = "nn.Linear(\(channels), \(dense.units))"
      activation = dense.activation
    case .maxPooling(let size): code = "nn.MaxPool2d(\(size))"
    case .averagePooling(let size): code = "nn.AvgPool2d(\(size))"
    case .batchNormalization:
      counters.append("\(lines.count).num_batches_tracked")
      // PyTorch's momentum is the share of what is new.
      code = "nn.BatchNorm\(isMap ? 2 : 1)d(\(channels), eps=\(BatchNormalization.epsilon), momentum=0.01)"
    case .dropout(let percent): code = "nn.Dropout(\(Double(percent) / 100))"
    case .flatten: return
    }
    tensors += layer.channelsFirst.map { ("\(lines.count).\($0.name)", $0) }
    append(code, layer.notation)
    if activation == .relu { append("nn.ReLU()") }
  }

  private mutating func appendKeras(_ layer: ExportedLayer) {
    let number = layer.number + 1
    let name: String
    let code: String
    func activation(_ activation: Activation) -> String {
      activation == .relu ? ", activation=\"relu\"" : ""
    }
    switch layer.kind {
    case .convolution(let convolution):
      name = "layer\(number)_convolution"
      code =
        "Conv2D(\(convolution.filters), \(kernel(convolution))"
        + (convolution.stride > 1 ? ", strides=\(convolution.stride)" : "")
        + (convolution.padding == .same ? ", padding=\"same\"" : "") + activation(convolution.activation)
    case .dense(let dense):
      name = "layer\(number)_dense"
      code = "Dense(\(dense.units)\(activation(dense.activation))"
    case .maxPooling(let size): (name, code) = ("layer\(number)_pooling", "MaxPooling2D(\(size)")
    case .averagePooling(let size): (name, code) = ("layer\(number)_pooling", "AveragePooling2D(\(size)")
    case .batchNormalization:
      name = "layer\(number)_normalization"
      code =
        "BatchNormalization(epsilon=\(BatchNormalization.epsilon), momentum=\(BatchNormalization.momentum)"
    case .dropout(let percent):
      (name, code) = ("layer\(number)_dropout", "Dropout(\(Double(percent) / 100)")
    case .flatten: return
    }
    tensors += layer.channelsLast.map { ("\(name)/\($0.name)", $0) }
    append("layers.\(code), name=\"\(name)\")", layer.notation)
  }

  /// The kernel's size, or both sizes if they differ.
  private func kernel(_ layer: Convolution) -> String {
    layer.kernelRows == layer.kernelColumns
      ? "\(layer.kernelRows)" : "(\(layer.kernelRows), \(layer.kernelColumns))"
  }
}
