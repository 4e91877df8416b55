import Competition
import Foundations
import Pictures
import Serving
import Synchronization

/// The image in a request's body.
enum ImageBody {
  /// The media types that are read.
  static let types = ["application/octet-stream", "image/png", "image/jpeg"]

  /// Held while a picture is decoded: many at once would take much memory.
  private static let decoding = Mutex(())

  /// The 784 bytes of an image, or the refusal. A picture of 28×28 pixels that need not show a digit is taken as it is.
  static func pixels(of request: HTTPRequest, areDigits: Bool) -> Result<[UInt8], Refusal> {
    let type = request.field("content-type").map { text in
      text.prefix { $0 != ";" && $0 != " " }.lowercased()
    }
    switch type {
    case "application/octet-stream":
      if request.body.count == DigitTable.pixelCount { return .success(request.body) }
      return .failure(
        Refusal(
          .badRequest,
          "the body has \(request.body.count) bytes; an image is 784, 28 rows of 28, from 0 for paper to 255 for ink"
        ))
    case "image/png", "image/jpeg":
      return digit(inPicture: request.body, areDigits: areDigits)
    default:
      return .failure(
        Refusal(.unsupportedMediaType, "Content-Type must be one of \(types.joined(separator: ", "))"))
    }
  }

  /// The digit of a picture as networks take it; an empty image if there is no ink.
  private static func digit(inPicture file: [UInt8], areDigits: Bool) -> Result<[UInt8], Refusal> {
    do throws(KitError) {
      let finding = try decoding.withLock { _ throws(KitError) in
        let picture = try Picture(file: file, named: "the picture")
        if !areDigits, let whole = FoundDigit(whole: picture) { return Finding.digits([whole]) }
        return DigitFinder.find(in: picture)
      }
      switch finding {
      case .noInk: return .success([UInt8](repeating: 0, count: DigitTable.pixelCount))
      case .moreThanOneDigit(let count):
        return .failure(
          Refusal(
            .unprocessableContent, "there is writing in \(count) places; the picture must show one digit"))
      case .digits(let digits):
        return .success(digits.first?.image ?? [UInt8](repeating: 0, count: DigitTable.pixelCount))
      }
    } catch {
      return .failure(
        Refusal(error.kind == .badData ? .unprocessableContent : .internalError, error.message))
    }
  }

  /// Why a body is not an image.
  struct Refusal: Error {
    let response: HTTPResponse

    init(_ status: HTTPStatus, _ problem: String) {
      response = HTTPResponse(refusing: status, problem)
    }
  }
}
