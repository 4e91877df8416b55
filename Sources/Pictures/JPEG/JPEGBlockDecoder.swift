import Foundations

/// Reads the blocks of one scan, of baseline and of progressive files.
struct JPEGBlockDecoder {
  private enum Kind {
    case sequential
    case firstDC
    case laterDC
    case firstAC
    case laterAC
  }

  private let kind: Kind
  private let scan: JPEGScan
  /// For each component of the scan; a table that is not used is any.
  private var dc: [HuffmanTable] = []
  private var ac: [HuffmanTable] = []
  private var predictions: [Int32]
  /// Blocks that are to come without new coefficients, in a progressive scan.
  private var emptyBlocks = 0
  private var block = [Int32](repeating: 0, count: 64)
  private let order = zigzag

  /// Makes sure of the tables that the scan uses; `position` is the scan's place in the file.
  init(
    _ scan: JPEGScan, _ frame: JPEGFrame, _ tables: JPEGTables, _ name: String, at position: Int
  ) throws(KitError) {
    self.scan = scan
    kind =
      !frame.isProgressive
      ? .sequential
      : scan.first == 0
        ? (scan.bitBefore == 0 ? .firstDC : .laterDC) : (scan.bitBefore == 0 ? .firstAC : .laterAC)
    predictions = Array(repeating: 0, count: scan.components.count)
    for number in scan.components.indices {
      let isDCUsed = kind == .sequential || kind == .firstDC
      let isACUsed = kind == .sequential || kind == .firstAC || kind == .laterAC
      if isDCUsed { dc.append(try Self.table(tables.dc[scan.dcTables[number]], name, position)) }
      if isACUsed { ac.append(try Self.table(tables.ac[scan.acTables[number]], name, position)) }
    }
  }

  private static func table(
    _ table: HuffmanTable?, _ name: String, _ position: Int
  ) throws(KitError) -> HuffmanTable {
    guard let table else { throw damaged(name, at: position, "a Huffman table is missing") }
    return table
  }

  /// Begins anew after a restart marker.
  mutating func restart() {
    for number in predictions.indices { predictions[number] = 0 }
    emptyBlocks = 0
  }

  /// Reads the next block, of the scan's component `number`, into its plane; false if it is not coded rightly.
  mutating func read(
    _ number: Int, _ bits: inout EntropyBits, into plane: inout JPEGPlane, x: Int, y: Int
  ) -> Bool {
    if kind == .sequential { return readSequential(number, &bits, into: &plane, x: x, y: y) }
    let start = (y * plane.stride + x) * 64
    bits.prepare()
    switch kind {
    case .sequential: return false
    case .firstDC:
      guard let difference = readDifference(number, &bits) else { return false }
      predictions[number] &+= difference
      plane.coefficients[start] = Int16(truncatingIfNeeded: predictions[number] &<< Int32(scan.bit))
      return true
    case .laterDC:
      if bits.number(1) == 1 { plane.coefficients[start] |= 1 << Int16(scan.bit) }
      return true
    case .firstAC: return readFirstAC(&bits, &plane.coefficients, start)
    case .laterAC: return readLaterAC(&bits, &plane.coefficients, start)
    }
  }

  /// Reads the next block and forgets it. In a progressive file only scans of first coefficients have several components.
  mutating func skip(_ number: Int, _ bits: inout EntropyBits) -> Bool {
    bits.prepare()
    if kind == .laterDC {
      _ = bits.number(1)
      return true
    }
    guard readDifference(number, &bits) != nil else { return false }
    guard kind == .sequential else { return true }
    let table = ac[number]
    var index = 1
    while index < 64 {
      bits.prepare()
      guard let symbol = bits.symbol(table) else { return false }
      let (run, size) = (Int(symbol >> 4), Int(symbol & 15))
      if size == 0 {
        if run < 15 { break }
      } else {
        _ = bits.number(size)
      }
      index += run + 1
    }
    return index <= 64
  }

  /// What a block's first coefficient is more than the one before.
  @inline(__always)
  private func readDifference(_ number: Int, _ bits: inout EntropyBits) -> Int32? {
    guard let size = bits.symbol(dc[number]), size <= 15 else { return nil }
    return bits.value(Int(size))
  }

  private mutating func readSequential(
    _ number: Int, _ bits: inout EntropyBits, into plane: inout JPEGPlane, x: Int, y: Int
  ) -> Bool {
    bits.prepare()
    guard let factors = plane.factors, let difference = readDifference(number, &bits) else { return false }
    predictions[number] &+= difference
    let first = predictions[number] &* factors[0]
    let table = ac[number]
    var (index, isFlat) = (1, true)
    while index < 64 {
      bits.prepare()
      guard let symbol = bits.symbol(table) else { return false }
      let (run, size) = (Int(symbol >> 4), Int(symbol & 15))
      index += run
      if size == 0 {
        if run < 15 { break }
      } else {
        guard index < 64 else { return false }
        if isFlat {
          for place in 0..<64 { block[place] = 0 }
          isFlat = false
        }
        block[order[index]] = bits.value(size) &* factors[index]
      }
      index += 1
    }
    if isFlat {
      plane.store(InverseDCT.flat(first), x: x, y: y)
    } else {
      block[0] = first
      var span = block.mutableSpan
      InverseDCT.transform(&span)
      plane.store(block, x: x, y: y)
    }
    return true
  }

  /// Coefficients after the first, their upper bits.
  private mutating func readFirstAC(
    _ bits: inout EntropyBits, _ coefficients: inout [Int16], _ start: Int
  ) -> Bool {
    if emptyBlocks > 0 {
      emptyBlocks -= 1
      return true
    }
    let table = ac[0]
    var index = scan.first
    while index <= scan.last {
      bits.prepare()
      guard let symbol = bits.symbol(table) else { return false }
      let (run, size) = (Int(symbol >> 4), Int(symbol & 15))
      if size == 0 && run < 15 {
        emptyBlocks = 1 << run - 1 + bits.number(run)
        break
      }
      index += run
      if size > 0 {
        guard index <= scan.last else { return false }
        coefficients[start + index] = Int16(truncatingIfNeeded: bits.value(size) &<< Int32(scan.bit))
      }
      index += 1
    }
    return true
  }

  /// One more bit of coefficients after the first.
  private mutating func readLaterAC(
    _ bits: inout EntropyBits, _ coefficients: inout [Int16], _ start: Int
  ) -> Bool {
    let table = ac[0]
    let one = Int16(1) << Int16(scan.bit)
    var index = scan.first
    while emptyBlocks == 0 && index <= scan.last {
      bits.prepare()
      guard let symbol = bits.symbol(table) else { return false }
      var run = Int(symbol >> 4)
      let isNew = symbol & 15 != 0
      if !isNew && run < 15 {
        emptyBlocks = 1 << run + bits.number(run)
        break
      }
      let new = isNew ? (bits.number(1) == 1 ? one : -one) : 0
      // Zeros are counted; what is not zero gets its bit.
      while index <= scan.last {
        if coefficients[start + index] != 0 {
          Self.refine(&coefficients[start + index], one, &bits)
        } else if run == 0 {
          break
        } else {
          run -= 1
        }
        index += 1
      }
      if isNew {
        guard index <= scan.last else { return false }
        coefficients[start + index] = new
      }
      index += 1
    }
    if emptyBlocks > 0 {
      while index <= scan.last {
        if coefficients[start + index] != 0 { Self.refine(&coefficients[start + index], one, &bits) }
        index += 1
      }
      emptyBlocks -= 1
    }
    return true
  }

  @inline(__always)
  private static func refine(_ coefficient: inout Int16, _ one: Int16, _ bits: inout EntropyBits) {
    bits.prepare()
    guard bits.number(1) == 1, coefficient & one == 0 else { return }
    coefficient = coefficient >= 0 ? coefficient &+ one : coefficient &- one
  }
}
