@testable import NeuralNetworks

extension MaxPooling: ReferenceLayer {
  func outputs(_ maps: [ReferenceMap], _ pass: ReferencePass) -> [ReferenceMap] {
    maps.map { $0.pooled(size) { $0.max() ?? 0 } }
  }
}

extension AveragePooling: ReferenceLayer {
  func outputs(_ maps: [ReferenceMap], _ pass: ReferencePass) -> [ReferenceMap] {
    maps.map { $0.pooled(size) { $0.reduce(0, +) / Double($0.count) } }
  }
}

extension ReferenceMap {
  fileprivate func pooled(_ size: Int, _ combine: ([Double]) -> Double) -> ReferenceMap {
    var result = ReferenceMap(rows: rows / size, columns: columns / size, channels: channels)
    result.pixelStride = pixelStride
    for row in 0..<result.rows {
      for column in 0..<result.columns {
        for channel in 0..<channels {
          let window = (0..<size * size).map {
            self[row * size + $0 / size, column * size + $0 % size, channel]
          }
          result[row, column, channel] = combine(window)
        }
      }
    }
    return result
  }
}
