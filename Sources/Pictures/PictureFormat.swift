import Foundations

/// The format of a picture, told by a file's first bytes.
public enum PictureFormat: Equatable, Sendable {
  /// Portable Network Graphics.
  case png
  /// A JPEG file, whatever its extension.
  case jpeg
  /// PBM, PGM or PPM, plain or raw.
  case netpbm
  /// A format that is known and can't be read.
  case other(OtherFormat)

  /// How many first bytes tell.
  public static let firstByteCount = 256

  /// The format of a file that starts with these bytes; nil if it is none of the known ones.
  public init?(firstBytes: some Sequence<UInt8>) {
    let bytes = Array(firstBytes)
    func starts(_ text: String, at index: Int = 0) -> Bool { bytes.dropFirst(index).starts(with: text.utf8) }
    if bytes.starts(with: [0x89] + Array("PNG\r\n".utf8)) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.count > 2, starts("P"), (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1]),
      isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#")
    {
      self = .netpbm
    } else if let format = OtherFormat.all.first(where: { $0.begins(bytes) }) {
      self = .other(format)
    } else {
      return nil
    }
  }
}

/// A format that is recognised only to say how to convert it.
public struct OtherFormat: Equatable, Sendable {
  /// What it is, with its article: `a GIF picture`.
  let name: String
  /// A command that converts it.
  let conversion: String
  /// Where in a file bytes are that only this format has there; one of the texts is enough.
  let place: Int
  let texts: [[UInt8]]

  private init(_ name: String, _ conversion: String, at place: Int = 0, _ texts: [UInt8]...) {
    self.name = name
    self.conversion = conversion
    self.place = place
    self.texts = texts
  }

  /// Says what the file is and how to convert it.
  func refusal(of path: String) -> KitError {
    KitError(
      .badData,
      "\(path) is \(name), which can't be read; convert it to PNG or JPEG, for example with `\(conversion)`")
  }

  func begins(_ file: [UInt8]) -> Bool { texts.contains { file.dropFirst(place).starts(with: $0) } }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  static let all: [OtherFormat] = [
    OtherFormat(
      "an AVIF picture", "magick picture.avif picture.png", at: 4, text("ftypavif"), text("ftypavis")),
    OtherFormat(
      "a HEIC picture", "heif-convert photo.heic photo.jpg", at: 4, text("ftypheic"), text("ftypheix"),
      text("ftyphevc"), text("ftypheim"), text("ftypheis"), text("ftypmif1"), text("ftypmsf1")),
    OtherFormat("a film", "ffmpeg -i film.mp4 -frames:v 1 picture.png", at: 4, text("ftyp")),
    OtherFormat("a WebP picture", "dwebp picture.webp -o picture.png", at: 8, text("WEBP")),
    OtherFormat("a GIF picture", "magick 'picture.gif[0]' picture.png", text("GIF8")),
    OtherFormat("a PDF document", "pdftoppm -png -r 150 document.pdf page", text("%PDF")),
    OtherFormat("a PostScript document", "magick document.ps picture.png", text("%!PS")),
    OtherFormat("a TIFF picture", "magick picture.tiff picture.png", text("II*\0"), text("MM\0*")),
    OtherFormat("a BMP picture", "magick picture.bmp picture.png", text("BM")),
    OtherFormat("an icon", "magick 'picture.ico[0]' picture.png", [0, 0, 1, 0]),
    OtherFormat(
      "a JPEG XL picture", "djxl picture.jxl picture.png", [0xFF, 0x0A], [0, 0, 0, 12] + text("JXL ")),
    OtherFormat(
      "a JPEG 2000 picture", "magick picture.jp2 picture.png", [0, 0, 0, 12] + text("jP  "),
      [0xFF, 0x4F, 0xFF, 0x51]),
    OtherFormat("a Photoshop document", "magick 'picture.psd[0]' picture.png", text("8BPS")),
    OtherFormat(
      "a PAM or PFM picture", "pamtopng picture.pam > picture.png", text("P7"), text("PF"), text("Pf")),
    OtherFormat(
      "an SVG drawing", "rsvg-convert -o picture.png drawing.svg", text("<svg"), text("<?xml"),
      [0xEF, 0xBB, 0xBF] + text("<svg"), [0xEF, 0xBB, 0xBF] + text("<?xml")),
  ]
}

/// White space as Netpbm and C have it.
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
