import Foundation
import Foundations
import TestSupport
@testable import Pictures

/// A file that `make_picture_fixtures.sh` wrote.
func fixture(_ name: String) throws -> [UInt8] {
  Array(try bytes("\(repository)/Tests/PicturesTests/Fixtures/\(name)"))
}

/// The fixtures that have the pixels of djpeg beside them.
let jpegNames = [
  "baseline", "wide", "quarter", "tall", "strip", "odd", "grey", "rgb", "fine", "coarse", "restarts",
  "progressive", "progressive-restarts", "progressive-grey", "optimized",
]

/// What is said of a file that is refused; `accepted` if it is read.
func refusal(_ file: [UInt8]) -> String { message(of: .badData) { try Picture(file: file, named: "x") } }

/// A JPEG file with another segment in front of all others.
func inserting(_ marker: UInt8, _ content: [UInt8], into file: [UInt8]) -> [UInt8] {
  let count = content.count + 2
  return file[..<2] + [0xFF, marker, UInt8(count >> 8), UInt8(count & 255)] + content + file[2...]
}

/// An EXIF block with an orientation.
func exif(_ orientation: UInt8, isLittle: Bool) -> [UInt8] {
  isLittle
    ? [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
    : [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
}

/// A picture turned and mirrored so that the orientation makes it upright again, by the table of EXIF 2.3.
func turned(_ picture: Picture, against orientation: Int) -> Picture {
  let (width, height) = (picture.width, picture.height)
  let swaps = orientation >= 5
  let (columns, rows) = swaps ? (height, width) : (width, height)
  var pixels: [UInt8] = []
  for y in 0..<rows {
    for x in 0..<columns {
      let (sourceX, sourceY) =
        switch orientation {
        case 1: (x, y)
        case 2: (width - 1 - x, y)
        case 3: (width - 1 - x, height - 1 - y)
        case 4: (x, height - 1 - y)
        case 5: (y, x)
        case 6: (width - 1 - y, x)
        case 7: (width - 1 - y, height - 1 - x)
        default: (y, height - 1 - x)
        }
      pixels.append(picture.pixels[sourceY * width + sourceX])
    }
  }
  return Picture(width: columns, height: rows, pixels: pixels)
}
