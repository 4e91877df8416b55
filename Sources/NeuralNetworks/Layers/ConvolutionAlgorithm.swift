import KernelShapes

/// How a convolution is computed. This is the one place that decides; whatever it decides, the definition is
/// the same, but the rounding may differ, and with it the last bits.
enum ConvolutionAlgorithm: Sendable, Equatable {
  /// Winograd's minimal filtering with tiles over the output: fewer products, and transforms around them.
  case winograd(WinogradTiling)
  /// Product by product, as the definition says.
  case direct(DirectKernels)

  /// The algorithm that does less for a convolution with the pooling after it, if there is one.
  init(_ geometry: ConvolutionGeometry) {
    if let tiling = Self.tiling(geometry) {
      self = .winograd(tiling)
    } else {
      self = .direct(DirectKernels(geometry))
    }
  }

  /// How the convolution is computed together with a pooling of its output; nil where the pooling is better
  /// left alone.
  func joined(with pooling: Pooling, geometry: ConvolutionGeometry) -> ConvolutionAlgorithm? {
    switch (self, pooling.method) {
    // The transformed tiles are pooled as they come.
    case (.winograd, .maximum): pooling.shape.size == 2 ? ConvolutionAlgorithm(geometry) : nil
    case (.winograd, .average): nil
    case (.direct, .maximum): .direct(DirectKernels(geometry))
    // An average's map in between is worth saving where it is large beside the work: over the image itself.
    case (.direct(let kernels), .average):
      pooling.shape.size == 2 && kernels.weightGradient == .taps ? .direct(DirectKernels(geometry)) : nil
    }
  }

  /// Winograd's tiles; nil where the direct way is as good: other kernels, few channels, or tiles that are
  /// mostly empty.
  private static func tiling(_ geometry: ConvolutionGeometry) -> WinogradTiling? {
    let convolution = geometry.shape
    if let pooling = geometry.pooling, pooling.shape.size != 2 { return nil }
    guard convolution.inputChannels >= 16, convolution.outputChannels >= 16 else { return nil }
    let sizes = Set([convolution.kernelRows, convolution.kernelColumns])
    switch convolution.stride {
    case 1: if sizes != [3] && sizes != [5] { return nil }
    // The phases' channels follow one another without padding.
    case 2: if !sizes.isSubset(of: [5, 6]) || geometry.input.channels % 16 != 0 { return nil }
    default: return nil
    }
    let rows = geometry.pooling.map { 2 * $0.shape.outputRows } ?? convolution.outputRows
    let columns = geometry.pooling.map { 2 * $0.shape.outputColumns } ?? convolution.outputColumns
    func over(_ tile: WinogradTile) -> WinogradTiling { WinogradTiling(tile, over: rows, columns) }
    var tiling = over(convolution.stride == 1 && sizes == [5] ? .f45 : .f43)
    if tiling.tile == .f43 {
      // The larger transforms take more operations and round more: for a twentieth fewer products they do not
      // pay, and those of six only where every tile is filled. (Over 11×11 outputs they have a fifth fewer
      // products, and a network is 3 % slower for it.)
      if 10 * over(.f53).products <= 9 * tiling.products { tiling = over(.f53) }
      let fillsSix = rows % 6 == 0 && columns % 6 == 0
      if fillsSix, 10 * over(.f63).products <= 9 * tiling.products { tiling = over(.f63) }
    }
    // Two products in place of three at most.
    return 2 * tiling.tile.weights * rows * columns >= 3 * tiling.products ? tiling : nil
  }
}

/// Winograd's tiles over a map.
struct WinogradTiling: Sendable, Equatable {
  /// The outputs and the taps of a tile.
  let tile: WinogradTile
  /// Tiles below one another.
  let rows: Int
  /// Tiles beside one another.
  let columns: Int

  /// The tiles that cover a map, the last ones perhaps not filled.
  init(_ tile: WinogradTile, over mapRows: Int, _ mapColumns: Int) {
    self.tile = tile
    rows = (mapRows + tile.outputs - 1) / tile.outputs
    columns = (mapColumns + tile.outputs - 1) / tile.outputs
  }

  /// All tiles.
  var count: Int { rows * columns }
  /// Multiplications of all tiles, for each pair of an input and an output channel.
  var products: Int { count * tile.planes }
}

/// The kernels that a direct convolution takes.
struct DirectKernels: Sendable, Equatable {
  /// Whether the forward kernel pools as it goes, so that the map before the pooling is never written. Otherwise that map is
  /// written for a few images at a time, which stay in the second-level cache.
  let poolsInKernel: Bool
  /// What a tile of the weights' gradient extends over.
  let weightGradient: WeightGradientTiles
  /// The order of the transposed weights, which decides how the input's gradient is computed.
  let transposedLayout: TransposedLayout

  init(_ geometry: ConvolutionGeometry) {
    let shape = geometry.shape
    poolsInKernel = geometry.pooling?.shape.size == 2
    let isSquare = shape.kernelRows == shape.kernelColumns
    let hasFewChannels = shape.inputPixelStride == 16 && shape.kernelColumns > 1
    if shape.inputPixelStride == 1, isSquare, shape.kernelRows == 3 || shape.kernelRows == 5 {
      weightGradient = .taps
    } else if hasFewChannels, shape.inputChannels < 12 {
      weightGradient = .lines
    } else {
      weightGradient = .channels
    }
    transposedLayout = hasFewChannels && shape.inputChannels <= 8 && shape.stride == 1 ? .pairs : .strips
  }
}
