import DrawingPage
import Foundations
import Serving

/// What the server answers: the page, and what it and other programs ask for. Stores nothing.
struct DigitService: Sendable {
  let predictor: Predictor
  let allowed: RequestGuard

  /// The page's files by their paths.
  private static let files: [String: (type: String, bytes: [UInt8])] = [
    "/": ("text/html; charset=utf-8", PageFiles.html),
    "/page.css": ("text/css; charset=utf-8", PageFiles.style),
    "/page.js": ("text/javascript; charset=utf-8", PageFiles.script),
    "/drawing.js": ("text/javascript; charset=utf-8", PageFiles.drawing),
    "/answers.js": ("text/javascript; charset=utf-8", PageFiles.answers),
    "/icon.svg": ("image/svg+xml", PageFiles.icon),
    "/openapi.json": ("application/json", PackageResources.openapi_json),
  ]

  /// The answer to a request; called from many threads.
  func answer(to request: HTTPRequest) -> HTTPResponse {
    if let refusal = allowed.refusal(of: request) { return refusal }
    switch request.path {
    case "/v1/predict":
      return answer(request, to: ["POST"]) { prediction(request) }
    case "/v1/model":
      return answer(request, to: ["GET", "HEAD"]) { HTTPResponse(json: predictor.model) }
    case "/health":
      return answer(request, to: ["GET", "HEAD"]) { HTTPResponse(json: .object([("status", .string("ok"))])) }
    default:
      guard let file = Self.files[request.path] else {
        return HTTPResponse(refusing: .notFound, "there is nothing at \(request.path)")
      }
      return answer(request, to: ["GET", "HEAD"]) { HTTPResponse(type: file.type, file.bytes) }
    }
  }

  private func answer(
    _ request: HTTPRequest, to methods: [String], _ body: () -> HTTPResponse
  ) -> HTTPResponse {
    if methods.contains(request.method) { return body() }
    let list = methods.joined(separator: ", ")
    var refusal = HTTPResponse(refusing: .methodNotAllowed, "\(request.path) takes \(list)")
    refusal.fields.append(("Allow", list))
    return refusal
  }

  private func prediction(_ request: HTTPRequest) -> HTTPResponse {
    let withMap: Bool
    switch request.query {
    case nil, "", "occlusion=0": withMap = false
    case "occlusion=1": withMap = true
    default: return HTTPResponse(refusing: .badRequest, "the query must be occlusion=0 or occlusion=1")
    }
    switch ImageBody.pixels(of: request, areDigits: predictor.classes.areDigits) {
    case .failure(let refusal): return refusal.response
    case .success(let pixels):
      do throws(KitError) {
        return HTTPResponse(json: try predictor.answer(to: pixels, withMap: withMap).json)
      } catch {
        return HTTPResponse(refusing: .internalError, error.message)
      }
    }
  }
}
