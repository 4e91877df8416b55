@testable import NeuralNetworks

extension BatchNormalization: ReferenceLayer {
  /// Keras: ε 0.001, the biased variance.
  func outputs(_ maps: [ReferenceMap], _ pass: ReferencePass) -> [ReferenceMap] {
    var result = maps
    guard let channels = maps.first?.channels, let gamma = pass.tensors["gamma"],
      let beta = pass.tensors["beta"], var mean = pass.tensors["moving_mean"],
      var variance = pass.tensors["moving_variance"]
    else { return [] }
    for channel in 0..<channels {
      let indices = stride(from: channel, to: maps[0].values.count, by: channels)
      if pass.isTraining {
        let values = maps.flatMap { map in indices.map { map.values[$0] } }
        mean[channel] = values.reduce(0, +) / Double(values.count)
        variance[channel] =
          values.reduce(0) { $0 + ($1 - mean[channel]) * ($1 - mean[channel]) } / Double(values.count)
      }
      let scale = gamma[channel] / (variance[channel] + 0.001).squareRoot()
      for image in maps.indices {
        for index in indices {
          result[image].values[index] = (maps[image].values[index] - mean[channel]) * scale + beta[channel]
        }
      }
    }
    return result
  }
}
