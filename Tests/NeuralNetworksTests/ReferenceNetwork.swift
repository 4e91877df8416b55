import Foundations
@testable import NeuralNetworks

/// A map of one image: `[row][column][channel]` without padding.
struct ReferenceMap {
  var rows: Int
  var columns: Int
  var channels: Int
  /// The engine's floats a pixel, which number dropout's elements: see `MapShape`.
  var pixelStride: Int
  var values: [Double]

  init(rows: Int, columns: Int, channels: Int) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
    pixelStride = (channels + 15) / 16 * 16
    values = [Double](repeating: 0, count: rows * columns * channels)
  }

  subscript(row: Int, column: Int, channel: Int) -> Double {
    get { values[(row * columns + column) * channels + channel] }
    set { values[(row * columns + column) * channels + channel] = newValue }
  }
}

/// Every layer's definition in plain loops and double precision: what the engine is held against, forward directly
/// and backward by central differences of the loss.
struct ReferenceNetwork {
  let network: ShapedNetwork
  /// Weights by their names in a checkpoint, without padding.
  var tensors: [String: [Double]]
  let seed: UInt64

  /// The share of a label that is spread over the classes.
  var smoothing = 0.0

  init(_ weights: Weights, seed: UInt64) {
    network = weights.network
    self.seed = seed
    tensors = [:]
    for tensor in network.tensors { tensors[tensor.name] = weights.values(of: tensor).map(Double.init) }
  }

  /// The logits of all images; a batch in training, with `rows` and `epoch` naming dropout's draws.
  func logits(_ images: [[Float]], training: Bool, rows: [Int] = [], epoch: Int = 0) -> [[Double]] {
    let side = network.input.rows
    var maps = images.map { image in
      var map = ReferenceMap(rows: side, columns: side, channels: 1)
      map.pixelStride = 1
      map.values = image.map(Double.init)
      return map
    }
    let layers: [any Layer] =
      network.network.layers + [Dense(units: DigitClass.count, activation: .linear)]
    for (number, layer) in layers.enumerated() {
      let name = "layers.\(number)"
      switch layer {
      case let layer as Convolution: maps = maps.map { convolution($0, layer, name) }
      case let layer as Dense: maps = maps.map { dense($0, layer, name) }
      case let layer as MaxPooling:
        maps = maps.map { pooled($0, layer.size) { $0.max() ?? 0 } }
      case let layer as AveragePooling:
        maps = maps.map { pooled($0, layer.size) { $0.reduce(0, +) / Double($0.count) } }
      case let layer as Dropout:
        if training {
          maps = maps.indices.map { dropped(maps[$0], layer.percent, number, row: rows[$0], epoch) }
        }
      case is BatchNormalization: maps = normalized(maps, name, training)
      default: maps = maps.map(flattened)
      }
    }
    return maps.map(\.values)
  }

  /// The mean cross-entropy of a batch in training.
  func loss(_ images: [[Float]], _ labels: [UInt8], rows: [Int], epoch: Int) -> Double {
    let logits = logits(images, training: true, rows: rows, epoch: epoch)
    var sum = 0.0
    for (image, label) in zip(logits, labels) {
      let largest = image.max() ?? 0
      let total = image.reduce(0) { $0 + Elementary.exp($1 - largest) }
      for (digit, logit) in image.enumerated() {
        let target = (digit == Int(label) ? 1 - smoothing : 0) + smoothing / 10
        sum += target * (Elementary.log(total) - (logit - largest))
      }
    }
    return sum / Double(labels.count)
  }

  /// The loss's derivative to one weight, by central differences.
  mutating func slope(
    _ tensor: String, _ index: Int, _ images: [[Float]], _ labels: [UInt8], rows: [Int], epoch: Int
  ) -> Double {
    let step = 1e-6
    guard let value = tensors[tensor]?[index] else { return .nan }
    tensors[tensor]?[index] = value + step
    let above = loss(images, labels, rows: rows, epoch: epoch)
    tensors[tensor]?[index] = value - step
    let below = loss(images, labels, rows: rows, epoch: epoch)
    tensors[tensor]?[index] = value
    return (above - below) / (2 * step)
  }

  /// TensorFlow's `same`: size / stride windows rounded up, and of an odd number of zeros one more at the end.
  private func zerosBefore(_ size: Int, _ kernel: Int, _ stride: Int) -> (windows: Int, before: Int) {
    let windows = (size + stride - 1) / stride
    return (windows, max((windows - 1) * stride + kernel - size, 0) / 2)
  }

  private func convolution(_ map: ReferenceMap, _ layer: Convolution, _ name: String) -> ReferenceMap {
    let weight = tensors["\(name).weight"] ?? []
    let bias = tensors["\(name).bias"] ?? []
    var rows = (windows: (map.rows - layer.kernelRows) / layer.stride + 1, before: 0)
    var columns = (windows: (map.columns - layer.kernelColumns) / layer.stride + 1, before: 0)
    if layer.padding == .same {
      rows = zerosBefore(map.rows, layer.kernelRows, layer.stride)
      columns = zerosBefore(map.columns, layer.kernelColumns, layer.stride)
    }
    var result = ReferenceMap(rows: rows.windows, columns: columns.windows, channels: layer.filters)
    for row in 0..<rows.windows {
      for column in 0..<columns.windows {
        var sums = bias
        for kernelRow in 0..<layer.kernelRows {
          for kernelColumn in 0..<layer.kernelColumns {
            let inputRow = row * layer.stride + kernelRow - rows.before
            let inputColumn = column * layer.stride + kernelColumn - columns.before
            guard (0..<map.rows).contains(inputRow), (0..<map.columns).contains(inputColumn) else { continue }
            for channel in 0..<map.channels {
              let value = map[inputRow, inputColumn, channel]
              let position = kernelRow * layer.kernelColumns + kernelColumn
              let first = (position * map.channels + channel) * layer.filters
              for filter in 0..<layer.filters { sums[filter] += value * weight[first + filter] }
            }
          }
        }
        for filter in 0..<layer.filters {
          result[row, column, filter] = activated(sums[filter], layer.activation)
        }
      }
    }
    return result
  }

  private func activated(_ value: Double, _ activation: Activation) -> Double {
    activation == .relu ? max(value, 0) : value
  }

  private func dense(_ map: ReferenceMap, _ layer: Dense, _ name: String) -> ReferenceMap {
    var sums = tensors["\(name).bias"] ?? []
    let weight = tensors["\(name).weight"] ?? []
    for (feature, value) in map.values.enumerated() {
      for unit in 0..<layer.units { sums[unit] += value * weight[feature * layer.units + unit] }
    }
    var result = ReferenceMap(rows: 1, columns: 1, channels: layer.units)
    result.values = sums.map { activated($0, layer.activation) }
    return result
  }

  private func flattened(_ map: ReferenceMap) -> ReferenceMap {
    var result = ReferenceMap(rows: 1, columns: 1, channels: map.values.count)
    result.values = map.values
    return result
  }

  private func pooled(_ map: ReferenceMap, _ size: Int, _ combine: ([Double]) -> Double) -> ReferenceMap {
    var result = ReferenceMap(rows: map.rows / size, columns: map.columns / size, channels: map.channels)
    result.pixelStride = map.pixelStride
    for row in 0..<result.rows {
      for column in 0..<result.columns {
        for channel in 0..<map.channels {
          let window = (0..<size * size).map {
            map[row * size + $0 / size, column * size + $0 % size, channel]
          }
          result[row, column, channel] = combine(window)
        }
      }
    }
    return result
  }

  /// The draws of one image, numbered as `Sources/Kernels/Dropout.swift` says.
  private func dropped(_ map: ReferenceMap, _ percent: Int, _ layer: Int, row: Int, _ epoch: Int)
    -> ReferenceMap
  {
    let philox = Philox(seed: seed)
    let share = (percent * 65536 + 50) / 100
    let digits = share == 0 ? [] : Array(share.trailingZeroBitCount..<16)
    var result = map
    for index in map.values.indices {
      let element = index / map.channels * map.pixelStride + index % map.channels
      let (half, bit) = (element % 1024 / 512, element % 64)
      var isDropped = false
      for (number, digit) in digits.enumerated() {
        let words = philox.words(
          purpose: Philox.dropoutPurpose(layer: layer), epoch: UInt32(epoch), image: UInt32(row),
          index: UInt32(8 * (digits.count * (element / 1024) + number) + element % 512 / 64))
        let drawn = words[2 * half + bit / 32] >> UInt32(bit % 32) & 1 == 1
        isDropped = share >> digit & 1 == 1 ? isDropped || drawn : isDropped && drawn
      }
      result.values[index] *= isDropped ? 0 : 100 / Double(100 - percent)
    }
    return result
  }

  /// Keras: ε 0.001, the biased variance.
  private func normalized(_ maps: [ReferenceMap], _ name: String, _ training: Bool) -> [ReferenceMap] {
    var result = maps
    guard let channels = maps.first?.channels, let gamma = tensors["\(name).gamma"],
      let beta = tensors["\(name).beta"], var mean = tensors["\(name).moving_mean"],
      var variance = tensors["\(name).moving_variance"]
    else { return [] }
    for channel in 0..<channels {
      let indices = stride(from: channel, to: maps[0].values.count, by: channels)
      if training {
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
