/// The samples of one component, and for progressive files the coefficients that they are made of.
struct JPEGPlane {
  let width: Int
  let height: Int
  /// The samples, `[row][column]`.
  private(set) var samples: [UInt8]
  /// Coefficients in zigzag order, `[row of blocks][block][coefficient]`; empty if the file is not progressive.
  var coefficients: [Int16]
  /// Blocks in a row, those included that interleaved scans have beyond the picture.
  let stride: Int
  private let isProgressive: Bool
  /// The factors of quantization, in zigzag order; nil before the first scan.
  private(set) var factors: [Int32]?

  init(_ component: JPEGFrame.Component, _ frame: JPEGFrame) {
    (width, height, isProgressive) = (component.width, component.height, frame.isProgressive)
    stride = frame.unitsAcross * component.across
    samples = Array(repeating: 0, count: width * height)
    let blocks = isProgressive ? stride * frame.unitsDown * component.down : 0
    coefficients = Array(repeating: 0, count: 64 * blocks)
  }

  /// Prepares for a scan, with the factors that are valid at the first one; false if there was one that said all.
  mutating func start(_ factors: [Int32], _ scan: JPEGScan) -> Bool {
    if self.factors != nil { return isProgressive }
    self.factors = factors
    return true
  }

  /// Stores a block of samples, the part of it that is in the picture.
  mutating func store(_ block: [Int32], x: Int, y: Int) {
    let (left, top) = (8 * x, 8 * y)
    let columns = min(8, width - left)
    if columns <= 0 { return }
    for row in 0..<max(0, min(8, height - top)) {
      let start = (top + row) * width + left
      for column in 0..<columns {
        samples[start + column] = UInt8(truncatingIfNeeded: block[8 * row + column])
      }
    }
  }

  /// Stores a block whose samples are all the same.
  mutating func store(_ sample: UInt8, x: Int, y: Int) {
    let (left, top) = (8 * x, 8 * y)
    let columns = min(8, width - left)
    if columns <= 0 { return }
    for row in 0..<max(0, min(8, height - top)) {
      let start = (top + row) * width + left
      for column in 0..<columns { samples[start + column] = sample }
    }
  }

  /// Makes the samples of a progressive file; false if there was no scan.
  mutating func finish() -> Bool {
    guard let factors else { return false }
    guard isProgressive else { return true }
    var block = [Int32](repeating: 0, count: 64)
    let order = zigzag
    for y in 0..<(height + 7) / 8 {
      for x in 0..<(width + 7) / 8 {
        let start = (y * stride + x) * 64
        var bits: Int16 = 0
        for index in 1..<64 {
          let coefficient = coefficients[start + index]
          bits |= coefficient
          block[order[index]] = Int32(coefficient) &* factors[index]
        }
        block[0] = Int32(coefficients[start]) &* factors[0]
        if bits == 0 {
          store(InverseDCT.flat(block[0]), x: x, y: y)
        } else {
          var span = block.mutableSpan
          InverseDCT.transform(&span)
          store(block, x: x, y: y)
        }
      }
    }
    coefficients = []
    return true
  }
}
