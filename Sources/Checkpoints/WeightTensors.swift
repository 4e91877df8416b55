import Foundations
import NeuralNetworks

extension Weights {
  /// The weights of a checkpoint; throws `badData` if a tensor is missing, unknown or of another shape.
  public convenience init(
    _ network: ShapedNetwork, reading file: SafeTensors, prefix: String = ""
  ) throws(KitError) {
    // All tensors are there before memory is taken, of which a forged notation may ask any amount.
    let values = try network.tensors.map { tensor throws(KitError) in
      try file.float32(prefix + tensor.name, shape: tensor.shape.shape)
    }
    self.init(network, values: values)
  }

  /// All tensors by their names in a checkpoint, `prefix` before each.
  public func tensors(prefix: String = "") -> [String: SafeTensors.Tensor] {
    var tensors: [String: SafeTensors.Tensor] = [:]
    for tensor in network.tensors {
      tensors[prefix + tensor.name] = SafeTensors.Tensor(
        shape: tensor.shape.shape, values: .float32(values(of: tensor)))
    }
    return tensors
  }

  /// SHA-256 of all numbers, tensor after tensor in the network's order, without padding.
  public var digest: String {
    var hash = SHA256()
    for tensor in network.tensors { values(of: tensor).withUnsafeBytes { hash.update($0) } }
    return SHA256.hexadecimal(of: hash.finalize())
  }
}
