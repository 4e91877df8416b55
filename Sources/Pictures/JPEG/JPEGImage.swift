import Foundations

/// The samples of a JPEG file's components, as far as its scans were read.
struct JPEGImage {
  /// The components that are decoded, by their places in the frame.
  let wants: Range<Int>
  private let colours: JPEGFrame.Colours
  private var planes: [JPEGPlane]
  private let name: String

  init(_ frame: JPEGFrame, _ colours: JPEGFrame.Colours, name: String) throws(KitError) {
    self.colours = colours
    self.name = name
    wants = colours == .rgb ? 0..<3 : 0..<1
    if frame.isProgressive {
      // Two bytes a coefficient.
      try requireAllocation(of: wants.count * 3 * frame.width * frame.height, for: "reading \(name)")
    }
    planes = frame.components[wants].map { JPEGPlane($0, frame) }
  }

  /// Reads a scan.
  mutating func read(
    _ scan: JPEGScan, _ frame: JPEGFrame, _ tables: JPEGTables, _ bits: inout EntropyBits
  ) throws(KitError) {
    for component in scan.components where wants.contains(component) {
      guard let factors = tables.quantization[frame.components[component].table] else {
        throw damaged(name, at: bits.position, "a quantization table is missing")
      }
      guard planes[component].start(factors, scan) else {
        throw damaged(name, at: bits.position, "a second scan of the same component")
      }
    }
    var decoder = try JPEGBlockDecoder(scan, frame, tables, name, at: bits.position)
    let isAlone = scan.components.count == 1
    let only = frame.components[scan.components[0]]
    let across = isAlone ? only.blocksAcross : frame.unitsAcross
    let down = isAlone ? only.blocksDown : frame.unitsDown
    let sizes = scan.components.map { place in
      isAlone
        ? (across: 1, down: 1) : (across: frame.components[place].across, down: frame.components[place].down)
    }
    var (untilRestart, restarts) = (tables.restartInterval, 0)
    for row in 0..<down {
      for column in 0..<across {
        if tables.restartInterval > 0 {
          if untilRestart == 0 {
            guard bits.restart(restarts) else {
              throw ended(bits, "restart marker \(restarts & 7) is missing")
            }
            restarts += 1
            untilRestart = tables.restartInterval
            decoder.restart()
          }
          untilRestart -= 1
        }
        for (number, component) in scan.components.enumerated() {
          let (wide, high) = sizes[number]
          for block in 0..<wide * high {
            let (x, y) = (column * wide + block % wide, row * high + block / wide)
            let isRight =
              wants.contains(component)
              ? decoder.read(number, &bits, into: &planes[component], x: x, y: y)
              : decoder.skip(number, &bits)
            guard isRight || bits.hasEnded else {
              throw damaged(name, at: bits.position, "a code that is not in the table")
            }
            if bits.hasEnded { throw ended(bits, "a scan ends before its last block") }
          }
        }
      }
    }
  }

  /// The error of bits that end: at the end of the file, or at a marker, where `what` is wrong.
  private func ended(_ bits: EntropyBits, _ what: String) -> KitError {
    bits.position + 1 < bits.end ? damaged(name, at: bits.position, what) : truncated(name, at: bits.end)
  }

  /// The picture; `position` is the end of the file.
  mutating func picture(_ frame: JPEGFrame, at position: Int) throws(KitError) -> Picture {
    for place in planes.indices {
      guard planes[place].finish() else { throw damaged(name, at: position, "a component has no scan") }
    }
    let plane = planes[0]
    let (width, height) = (frame.width, frame.height)
    switch colours {
    case .rgb:
      let (red, green, blue) = (planes[0].samples, planes[1].samples, planes[2].samples)
      let pixels = red.indices.map { luma(red[$0], green[$0], blue[$0]) }
      return Picture(width: width, height: height, pixels: pixels)
    case .luma:
      if plane.width == width && plane.height == height {
        return Picture(width: width, height: height, pixels: plane.samples)
      }
      // Luma with fewer samples than colour, which nobody writes: every sample is repeated.
      let component = frame.components[0]
      var pixels: [UInt8] = []
      pixels.reserveCapacity(width * height)
      for y in 0..<height {
        let start = y * component.down / frame.mostDown * plane.width
        for x in 0..<width { pixels.append(plane.samples[start + x * component.across / frame.mostAcross]) }
      }
      return Picture(width: width, height: height, pixels: pixels)
    }
  }
}
