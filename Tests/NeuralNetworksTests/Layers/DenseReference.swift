@testable import NeuralNetworks

extension Dense: ReferenceLayer {
  /// A map is flattened first.
  func outputs(_ maps: [ReferenceMap], _ pass: ReferencePass) -> [ReferenceMap] {
    let weight = pass.tensors["weight"] ?? []
    return maps.map { map in
      var sums = pass.tensors["bias"] ?? []
      for (feature, value) in map.values.enumerated() {
        for unit in 0..<units { sums[unit] += value * weight[feature * units + unit] }
      }
      var result = ReferenceMap(rows: 1, columns: 1, channels: units)
      result.values = sums.map { activation.applied(to: $0) }
      return result
    }
  }
}

extension Flatten: ReferenceLayer {
  func outputs(_ maps: [ReferenceMap], _ pass: ReferencePass) -> [ReferenceMap] {
    maps.map { map in
      var result = ReferenceMap(rows: 1, columns: 1, channels: map.values.count)
      result.values = map.values
      return result
    }
  }
}
