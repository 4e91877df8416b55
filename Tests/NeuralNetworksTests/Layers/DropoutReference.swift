import Foundations
@testable import NeuralNetworks

extension Dropout: ReferenceLayer {
  func outputs(_ maps: [ReferenceMap], _ pass: ReferencePass) -> [ReferenceMap] {
    guard pass.isTraining else { return maps }
    return zip(maps, pass.rows).map { output($0, row: $1, pass) }
  }

  /// The draws of one image, numbered as `Sources/Kernels/Dropout.swift` says.
  private func output(_ map: ReferenceMap, row: Int, _ pass: ReferencePass) -> ReferenceMap {
    let philox = Philox(seed: pass.seed)
    let share = (percent * 65536 + 50) / 100
    let digits = share == 0 ? [] : Array(share.trailingZeroBitCount..<16)
    var result = map
    for index in map.values.indices {
      let element = index / map.channels * map.pixelStride + index % map.channels
      let (half, bit) = (element % 1024 / 512, element % 64)
      var isDropped = false
      for (number, digit) in digits.enumerated() {
        let words = philox.words(
          purpose: Philox.dropoutPurpose(layer: pass.number), epoch: UInt32(pass.epoch), image: UInt32(row),
          index: UInt32(8 * (digits.count * (element / 1024) + number) + element % 512 / 64))
        let drawn = words[2 * half + bit / 32] >> UInt32(bit % 32) & 1 == 1
        isDropped = share >> digit & 1 == 1 ? isDropped || drawn : isDropped && drawn
      }
      result.values[index] *= isDropped ? 0 : 100 / Double(100 - percent)
    }
    return result
  }
}
