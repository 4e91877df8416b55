import Compute

/// The activations of one image between two layers: rows × columns × channels.
public struct MapShape: Sendable, Equatable, CustomStringConvertible {
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  /// Channels that carry something.
  public let channels: Int
  /// From a pixel to the next in floats: the channels padded to a multiple of 16 with zeros; 1 for the image itself.
  public let pixelStride: Int

  /// A map whose channels are padded.
  public init(rows: Int, columns: Int, channels: Int) {
    self.init(rows: rows, columns: columns, channels: channels, pixelStride: paddedTo16(channels))
  }

  private init(rows: Int, columns: Int, channels: Int, pixelStride: Int) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
    self.pixelStride = pixelStride
  }

  /// A grey image of `side`×`side` pixels, which has one channel and no padding.
  public static func image(side: Int) -> MapShape {
    MapShape(rows: side, columns: side, channels: 1, pixelStride: 1)
  }

  /// The same channels, stored likewise, on other rows and columns.
  func resized(rows: Int, columns: Int) -> MapShape {
    MapShape(rows: rows, columns: columns, channels: channels, pixelStride: pixelStride)
  }

  /// Rows times columns.
  public var pixels: Int { rows * columns }

  /// From an image to the next, in floats.
  public var imageStride: Int { Compute.imageStride(of: pixels * pixelStride) }

  /// Such as `26×26×32`.
  public var description: String { "\(rows)×\(columns)×\(channels)" }
}
