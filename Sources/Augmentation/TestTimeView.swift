import KernelShapes

/// One of the fixed, mild changes to an image that test-time augmentation averages predictions over.
public struct TestTimeView: Sendable {
  /// The change in words: `rotated by 5°`.
  public let name: String
  private let shiftX: Double
  private let shiftY: Double
  private let rotation: Double
  private let zoom: Double

  private init(
    _ name: String, shiftX: Double = 0, shiftY: Double = 0, rotation: Double = 0, zoom: Double = 1
  ) {
    self.name = name
    self.shiftX = shiftX
    self.shiftY = shiftY
    self.rotation = rotation
    self.zoom = zoom
  }

  /// All views, starting with the image as it is; `--tta N` takes the first N. They come in pairs of opposites, so an odd
  /// number of views is unbiased.
  public static let all = [
    TestTimeView("as it is"),
    TestTimeView("rotated by 5°", rotation: 5), TestTimeView("rotated by -5°", rotation: -5),
    TestTimeView("5 % larger", zoom: 0.95), TestTimeView("5 % smaller", zoom: 1.05),
    TestTimeView("shifted by half a pixel down and right", shiftX: -0.5, shiftY: -0.5),
    TestTimeView("shifted by half a pixel up and left", shiftX: 0.5, shiftY: 0.5),
    TestTimeView("shifted by half a pixel down and left", shiftX: 0.5, shiftY: -0.5),
    TestTimeView("shifted by half a pixel up and right", shiftX: -0.5, shiftY: 0.5),
  ]

  /// The map for images of `side`×`side` pixels; nil for the image as it is.
  public func map(side: Int) -> AffineMap? {
    if shiftX == 0 && shiftY == 0 && rotation == 0 && zoom == 1 { return nil }
    return AffineMap(
      shiftX: shiftX, shiftY: shiftY, rotation: rotation, zoomX: zoom, zoomY: zoom, side: side)
  }
}
