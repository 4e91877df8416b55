import Foundation
import TestSupport
import Testing
@testable import TensorBoard

/// TensorBoard's own Python package must read what was written.
struct TensorBoardReaderTests {
  @Test(.enabled(if: pythonWithTensorBoard != nil, "\(noTensorBoard)"))
  func tensorBoardReadsWhatWasWritten() throws {
    let folder = try TemporaryFolder()
    let png = Data(onePixel)
    var file = try EventFile(in: folder.path, keepingStepsUpTo: nil)
    let losses = [2.302585092994046, 1e-9, -3.5, 0, 0.1, 123_456_789]
    for (step, loss) in losses.enumerated() {
      try file.append([.scalar("loss/training", loss), .scalar("loss/validation", loss * 2)], step: step)
    }
    file = try EventFile(in: folder.path, keepingStepsUpTo: 3)
    try file.append([.scalar("loss/training", 0.7)], step: 4)
    try file.append([.image("mistakes", png: onePixel, width: 1, height: 1)], step: 4)
    try file.append([.text("about", markdown: "# ein Titel\n\n`32C3`, größer")], step: .max)

    let script = "\(repository)/Tests/TensorBoardTests/read_events.py"
    let outcome = try run([try #require(pythonWithTensorBoard), script, folder.path])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let found = try JSONDecoder().decode(Found.self, from: Data(outcome.output.utf8))
    let training = Array(losses[...3]) + [0.7]
    #expect(found.scalars.keys.sorted() == ["loss/training", "loss/validation"])
    #expect(found.scalars["loss/training"]?.map(\.value) == training.map { Double(Float($0)) })
    #expect(found.scalars["loss/training"]?.map(\.step) == [0, 1, 2, 3, 4])
    #expect(found.scalars["loss/validation"]?.map(\.value) == losses[...3].map { Double(Float($0 * 2)) })
    #expect(found.images == ["mistakes": [Found.Image(step: 4, width: 1, height: 1, png: png)]])
    #expect(found.text == ["about": [Found.Text(step: .max, text: "# ein Titel\n\n`32C3`, größer")]])

    let times = try #require(found.scalars["loss/training"]).map(\.wallTime)
    #expect(times == times.sorted() && abs(times[4] - Date().timeIntervalSince1970) < 600)
  }

  /// The output of `read_events.py`: by tag, in the file's order.
  private struct Found: Decodable {
    struct Scalar: Decodable {
      let step: Int
      let wallTime: Double
      let value: Double
    }

    struct Image: Decodable, Equatable {
      let step: Int
      let width: Int
      let height: Int
      let png: Data
    }

    struct Text: Decodable, Equatable {
      let step: Int
      let text: String
    }

    let scalars: [String: [Scalar]]
    let images: [String: [Image]]
    let text: [String: [Text]]
  }
}

/// A PNG file of one black pixel.
private let onePixel: [UInt8] = [
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
  0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
  0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01,
  0x48, 0xaf, 0xa4, 0x71, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
]
