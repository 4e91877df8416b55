import KernelShapes
@testable import NeuralNetworks

extension Convolution: ReferenceLayer {
  func outputs(_ maps: [ReferenceMap], _ pass: ReferencePass) -> [ReferenceMap] {
    maps.map { output($0, pass) }
  }

  private func output(_ map: ReferenceMap, _ pass: ReferencePass) -> ReferenceMap {
    let weight = pass.tensors["weight"] ?? []
    let bias = pass.tensors["bias"] ?? []
    var rows = (windows: (map.rows - kernelRows) / stride + 1, before: 0)
    var columns = (windows: (map.columns - kernelColumns) / stride + 1, before: 0)
    if padding == .same {
      rows = zerosBefore(map.rows, kernelRows, stride)
      columns = zerosBefore(map.columns, kernelColumns, stride)
    }
    var result = ReferenceMap(rows: rows.windows, columns: columns.windows, channels: filters)
    for row in 0..<rows.windows {
      for column in 0..<columns.windows {
        var sums = bias
        for kernelRow in 0..<kernelRows {
          for kernelColumn in 0..<kernelColumns {
            let inputRow = row * stride + kernelRow - rows.before
            let inputColumn = column * stride + kernelColumn - columns.before
            guard (0..<map.rows).contains(inputRow), (0..<map.columns).contains(inputColumn) else { continue }
            for channel in 0..<map.channels {
              let value = map[inputRow, inputColumn, channel]
              let position = kernelRow * kernelColumns + kernelColumn
              let first = (position * map.channels + channel) * filters
              for filter in 0..<filters { sums[filter] += value * weight[first + filter] }
            }
          }
        }
        for filter in 0..<filters {
          result[row, column, filter] = activation.applied(to: sums[filter])
        }
      }
    }
    return result
  }

  /// TensorFlow's `same`: size / stride windows rounded up, and of an odd number of zeros one more at the
  /// end.
  private func zerosBefore(_ size: Int, _ kernel: Int, _ stride: Int) -> (windows: Int, before: Int) {
    let windows = (size + stride - 1) / stride
    return (windows, max((windows - 1) * stride + kernel - size, 0) / 2)
  }
}

extension Activation {
  func applied(to value: Double) -> Double { self == .relu ? max(value, 0) : value }
}
