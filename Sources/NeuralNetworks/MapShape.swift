import Compute
import KernelShapes

/// The activations of one image between two layers: rows × columns × channels.
public struct MapShape: Sendable, Equatable, CustomStringConvertible {
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  /// Channels, padding not counted.
  public let channels: Int
  /// The stride between pixels, in floats: the channels padded to a multiple of 16 with zeros; 1 for the image
  /// itself.
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

  /// A map of other rows and columns with the same channels, stored in the same way.
  func resized(rows: Int, columns: Int) -> MapShape {
    MapShape(rows: rows, columns: columns, channels: channels, pixelStride: pixelStride)
  }

  /// Rows times columns.
  public var pixels: Int { rows * columns }

  /// Floats from an image to the next.
  public var imageStride: Int { Compute.imageStride(of: pixels * pixelStride) }

  /// The map as the kernels take it that treat each channel on its own.
  func extent(images: Int) -> MapExtent {
    MapExtent(images: images, pixels: pixels, channels: pixelStride, imageStride: imageStride)
  }

  /// Such as `26×26×32`.
  public var description: String { "\(rows)×\(columns)×\(channels)" }
}
