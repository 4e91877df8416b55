import Foundation
import Pictures
import TestSupport
import Testing

/// `predict`: pictures in, digits out.
@Suite struct PredictTests {
  /// A trained run with a folder for pictures.
  private func withRun(_ body: (_ folder: String, _ run: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let network = ["--network", "8C5-P2-16C3-P2-32N", "--epochs", "12", "--batch", "32", "--members", "2"]
      try trained("\(folder)/run", network)
      try body(folder, "\(folder)/run")
    }
  }

  /// The test images of the sample, 784 bytes each.
  private func images() throws -> [[UInt8]] {
    try lines("\(competition)/test.csv").dropFirst().prefix(40).map { $0.compactMap { UInt8($0) } }
  }

  /// Dark ink on a light page of 400×500, each pixel of an image as 5×5, the images side by side.
  private func page(_ images: [[UInt8]]) -> Picture {
    let (width, height) = (60 + 150 * images.count, 500)
    var pixels = [UInt8](repeating: 235, count: width * height)
    for (number, image) in images.enumerated() {
      for row in 0..<140 {
        for column in 0..<140 {
          let ink = Int(image[row / 5 * 28 + column / 5])
          pixels[(row + 200) * width + 40 + 150 * number + column] = UInt8(235 - ink * 200 / 255)
        }
      }
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  private func write(_ picture: Picture, to path: String) throws {
    let file = PNG.grey(width: picture.width, height: picture.height, pixels: picture.pixels)
    try Data(file).write(to: URL(fileURLWithPath: path))
  }

  private func predict(_ arguments: [String]) throws -> Outcome {
    try run("kaggle-digits-predict", arguments)
  }

  private func answers(_ outcome: Outcome) throws -> [[String: Any]] {
    try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
  }

  /// Images of 28×28 pixels get the very answers that a submission has; the same on a large page, nearly always.
  @Test func picturesAreReadAsRowsAre() throws {
    try withRun { folder, path in
      #expect(try submit([path], output: "\(folder)/s.csv", ["--quiet"]).status == 0)
      let expected = try lines("\(folder)/s.csv").dropFirst().prefix(40).map { $0[1] }
      for kind in ["ready", "page"] {
        let pictures = "\(folder)/\(kind)"
        try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: false)
        for (number, image) in try images().enumerated() {
          let picture = kind == "ready" ? Picture(width: 28, height: 28, pixels: image) : page([image])
          try write(picture, to: "\(pictures)/\(100 + number).png")
        }
        let outcome = try predict([path, pictures, "--json", "--quiet"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let numbers = try answers(outcome).map { $0["number"] as? String }
        let same = zip(numbers, expected).count { $0 == $1 }
        #expect(same >= (kind == "ready" ? 40 : 36), "\(kind): \(same) of 40")
      }
    }
  }

  @Test func severalDigitsAreANumber() throws {
    try withRun { folder, path in
      let file = "\(folder)/strip.png"
      try write(page(Array(try images()[..<3])), to: file)
      let one = try predict([file, path])
      #expect(one.output == "\(file): more than one digit (writing in 3 places): try --digits many\n")
      let many = try predict([path, file, "--digits", "many", "--json"])
      let digits = try #require(try answers(many)[0]["digits"] as? [[String: Any]])
      let lefts = digits.compactMap { ($0["box"] as? [String: Int])?["left"] }
      #expect(lefts.count == 3 && lefts == lefts.sorted())
      let text = try predict([path, file, "--digits", "many"]).output.split(separator: "\n")
      #expect(text.count == 4)
      #expect(text[0].hasPrefix("\(file): ") && text[1].hasPrefix("  "))
    }
  }

  @Test func whatIsSeenIsShownSavedAndExplained() throws {
    try withRun { folder, path in
      let (file, saved) = ("\(folder)/digit.png", "\(folder)/seen")
      try write(page([try images()[0]]), to: file)
      let arguments = [path, file, "--show", "--save", saved, "--html", "\(folder)/p.html"]
      let outcome = try run("kaggle-digits-predict", arguments, environment: ["LC_ALL": "C.UTF-8"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("█") && outcome.output.contains("deskew"))
      let seen = try Picture(at: "\(saved)/digit.png")
      #expect(seen.width == 28 && seen.height == 28)
      // It is taken as it is.
      let again = try predict([path, "\(saved)/digit.png", "--json"])
      let first = try predict([path, file, "--json"])
      func shares(_ outcome: Outcome) throws -> [Double]? {
        (try answers(outcome)[0]["digits"] as? [[String: Any]])?.first?["probabilities"] as? [Double]
      }
      #expect(try shares(again) == shares(first))
      let page = try text("\(folder)/p.html")
      #expect(
        page.contains("Where the networks look") && page.contains("digit.png with boxes around 1 digit"))
      #expect(!page.contains("<script"))
      expectRefusal(try predict(arguments), status: 73, "p.html already exists")
      let own = try predict([path, file, "--html", file, "--force"])
      #expect(own.status == 64 && own.errors.contains("digit.png"), "\(own.errors)")
      let plain = try run("kaggle-digits-predict", [path, file, "--show"], environment: ["LC_ALL": "C"])
      #expect(plain.output.contains("@") && !plain.output.contains("█"))
    }
  }

  @Test func whatIsNoDigitIsSaid() throws {
    try withRun { folder, path in
      let files: [(name: String, bytes: [UInt8], status: Int32, message: String)] = [
        (
          "blank.png", PNG.grey(width: 300, height: 200, pixels: [UInt8](repeating: 250, count: 60_000)), 0,
          "no ink"
        ),
        ("one.png", PNG.grey(width: 1, height: 1, pixels: [0]), 0, "no ink"),
        ("huge.pgm", Array("P5 10000 10000 255\n".utf8), 65, "10,000×10,000 pixels"),
        ("photo.heic", [0, 0, 0, 24] + Array("ftypheic".utf8), 65, "HEIC"),
        ("empty.png", [], 65, "is empty"), ("notes.png", Array("hello".utf8), 65, "is not a picture"),
      ]
      for file in files {
        let name = "\(folder)/\(file.name)"
        try Data(file.bytes).write(to: URL(fileURLWithPath: name))
        let outcome = try predict([path, name])
        #expect(outcome.status == file.status, "\(file.name): \(outcome.errors)")
        #expect(
          (outcome.output + outcome.errors).contains(file.message), "\(outcome.output)\(outcome.errors)")
      }
      // One that can't be read does not keep the others from their answers.
      let outcome = try predict([path, "\(folder)/notes.png", "\(folder)/blank.png"])
      #expect(outcome.status == 65 && outcome.output == "\(folder)/blank.png: no ink\n")
    }
  }

  @Test func standardInputAndWrongArguments() throws {
    try withRun { folder, path in
      let file = "\(folder)/digit.png"
      try write(page([try images()[0]]), to: file)
      let piped = try run(
        "/bin/sh", ["-c", "\"$1\" \"$2\" - < \"$3\"", "sh", built("kaggle-digits-predict"), path, file])
      let named = try predict([path, file])
      #expect(piped.output == named.output.replacing(file, with: "-"))
      expectRefusal(try predict([file]), status: 64, "a checkpoint or a run is needed")
      expectRefusal(try predict([path]), status: 64, "a picture is needed")
      expectRefusal(try predict([path, "-", "-"]), status: 64, "named twice")
      expectRefusal(try predict([path, "\(folder)/none.png"]), status: 66, "none.png")
      try FileManager.default.createDirectory(atPath: "\(folder)/none", withIntermediateDirectories: false)
      expectRefusal(
        try predict([path, "\(folder)/none"]), status: 66, "neither a run nor a folder with pictures")
    }
  }
}
