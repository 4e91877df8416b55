import Competition
import Foundations
import Serving

/// The image in a request's body.
enum ImageBody {
  /// The media types that are read.
  static let types = ["application/octet-stream"]

  /// The 784 bytes of an image, or the refusal.
  static func pixels(of request: HTTPRequest) -> Result<[UInt8], Refusal> {
    let type = request.field("content-type").map { text in
      text.prefix { $0 != ";" && $0 != " " }.lowercased()
    }
    guard let type, types.contains(type) else {
      return .failure(
        Refusal(.unsupportedMediaType, "Content-Type must be \(types.joined(separator: " or "))"))
    }
    guard request.body.count == DigitTable.pixelCount else {
      return .failure(
        Refusal(
          .badRequest,
          "the body has \(request.body.count) bytes; an image is 784, 28 rows of 28, from 0 for paper to 255 for ink"
        ))
    }
    return .success(request.body)
  }

  /// Why a body is not an image.
  struct Refusal: Error {
    let response: HTTPResponse

    init(_ status: HTTPStatus, _ problem: String) {
      response = HTTPResponse(refusing: status, problem)
    }
  }
}
