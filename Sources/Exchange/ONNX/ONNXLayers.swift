import NeuralNetworks

extension ONNXGraph {
  /// Adds a member's network, from images `[images, 1, 28, 28]` to probabilities `[images, classes]`.
  ///
  /// Nothing is transposed: an image has one channel, and the weights are written in ONNX's order.
  mutating func add(_ member: ExportedMember, _ name: String, images: Value) -> Value {
    var value = images
    // Whether the value has rows and columns, of 1 pixel or more, or is a table of features.
    var isMap = true
    for layer in member.layers where !layer.isDropout {
      let place = "\(name)/layers.\(layer.number)"
      let tensors = layer.channelsFirst.map { layout in
        constant("\(place).\(layout.name)", member.values(layout), shape: layout.shape)
      }
      switch layer.kind {
      case .flatten, .dense: if isMap { value = add("Flatten", [value], "\(place)/Flatten") }
      case .convolution, .maxPooling, .averagePooling:
        if !isMap {
          value = add("Unsqueeze", [value, integers("\(place).axes", [2, 3])], "\(place)/Unsqueeze")
        }
      case .batchNormalization, .dropout: break
      }
      switch layer.kind {
      case .convolution(let convolution):
        let padding = convolution.padding(of: layer.input)
        value = add(
          "Conv", [value] + tensors, "\(place)/Conv",
          [
            .integers("kernel_shape", [convolution.kernelRows, convolution.kernelColumns]),
            .integers("pads", [padding.top, padding.left, padding.bottom, padding.right]),
            .integers("strides", [convolution.stride, convolution.stride]),
          ])
        if convolution.activation == .relu { value = add("Relu", [value], "\(place)/Relu") }
      case .dense(let dense):
        value = add("Gemm", [value] + tensors, "\(place)/Gemm", [.integer("transB", 1)])
        if dense.activation == .relu { value = add("Relu", [value], "\(place)/Relu") }
      case .maxPooling(let size): value = addPooling("MaxPool", value, place, size: size)
      case .averagePooling(let size): value = addPooling("AveragePool", value, place, size: size)
      case .batchNormalization:
        value = add(
          "BatchNormalization", [value] + tensors, "\(place)/BatchNormalization",
          [.float("epsilon", BatchNormalization.epsilon)])
      case .flatten, .dropout: break
      }
      switch layer.kind {
      case .flatten, .dense: isMap = false
      case .convolution, .maxPooling, .averagePooling: isMap = true
      case .batchNormalization, .dropout: break
      }
    }
    return add("Softmax", [value], "\(name)/Softmax", [.integer("axis", 1)])
  }

  private mutating func addPooling(_ type: String, _ value: Value, _ place: String, size: Int) -> Value {
    add(
      type, [value], "\(place)/\(type)",
      [.integers("kernel_shape", [size, size]), .integers("strides", [size, size])])
  }
}
