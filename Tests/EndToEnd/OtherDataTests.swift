import Foundation
import Foundations
import Pictures
import Platform
import TestSupport
import Testing

/// Data that is not Kaggle's digits: pictures in folders, other numbers of classes, ids and titles, corrected labels.
@Suite(.serialized) struct OtherDataTests {
  private static let names = ["Ankle boot", "Bag", "Coat"]
  private static let network = ["--network", "4C5S3p-8N", "--epochs", "3", "--batch", "16", "--no-augment"]

  /// A 28×28 picture of a class: a bar in a place of its own, and noise.
  private static func picture(_ label: Int, _ number: Int) -> [UInt8] {
    var stream = RandomStream(Philox(seed: 77), .sample, epoch: label, image: number)
    return (0..<784).map { place in
      place / 28 / 9 == label ? UInt8(200 + stream.below(56)) : UInt8(stream.below(40))
    }
  }

  /// Writes `DIR/train/CLASS/*.png`, 24 of each, and `DIR/test/*.png`.
  private static func writePictures(to folder: String) throws {
    for (label, name) in names.enumerated() {
      try makeFolders("\(folder)/train/\(name)")
      for number in 0..<24 {
        let file = PNG.grey(width: 28, height: 28, pixels: picture(label, number))
        try WholeFile.write(file, to: "\(folder)/train/\(name)/\(number).png", replacing: false)
      }
    }
    try makeFolders("\(folder)/test")
    for number in 0..<9 {
      let file = PNG.grey(width: 28, height: 28, pixels: picture(number % 3, 100 + number))
      try WholeFile.write(file, to: "\(folder)/test/img\(number).png", replacing: false)
    }
  }

  private func kit(_ command: String, _ arguments: [String]) throws -> Outcome {
    try run("kaggle-digits-\(command)", arguments)
  }

  @Test func picturesByClassTheWholeWay() throws {
    try withTemporaryFolder { folder in
      let (data, run) = ("\(folder)/data", "\(folder)/run")
      try Self.writePictures(to: data)
      let trained = try kit(
        "train", ["--data", data, "--output", run, "--validation", "0.25"] + Self.network)
      #expect(trained.status == 0, "\(trained.errors)")
      let page = try text("\(run)/report.html")
      for name in Self.names { #expect(page.contains(name)) }
      let evaluated = try kit("evaluate", [run, "--data", data])
      #expect(evaluated.status == 0 && evaluated.output.contains("Ankle boot"), "\(evaluated.errors)")

      let submission = "\(folder)/s.csv"
      let columns = ["--submission-columns", "id,label"]
      let submitted = try kit("submit", [run, "--data", data, "--output", submission] + columns)
      #expect(submitted.status == 0, "\(submitted.errors)")
      let rows = try lines(submission)
      #expect(rows[0] == ["id", "label"] && rows.count == 10 && rows[1][0] == "img0")
      #expect(rows.dropFirst().allSatisfy { Self.names.contains($0[1]) })
      #expect(try text("\(folder)/s.json").contains("\"classes\": [\"Ankle boot\", \"Bag\", \"Coat\"]"))
      // Trained and submitted again from the manifest: classes, titles and ids are the same.
      let again = try EndToEnd.run(
        "kaggle-digits", ["reproduce", submission, "--output", "\(folder)/again", "--quiet"])
      #expect(again.status == 0 && again.output.contains("have the same bytes"), "\(again.errors)")
      let model = try EndToEnd.run("kaggle-digits", ["export", run, "--output", "\(folder)/m.onnx"])
      #expect(model.status == 0, "\(model.errors)")
      #expect(try bytes("\(folder)/m.onnx").firstRange(of: Data("Ankle boot,Bag,Coat".utf8)) != nil)
      let names = ["--class-names", Self.names.joined(separator: ",")]
      let checked = try kit("submit", ["--check", submission, "--data", data] + columns + names)
      #expect(checked.status == 0, "\(checked.errors)")
      expectRefusal(
        try kit("submit", ["--check", submission, "--data", data]), status: 65,
        "the header must be ImageId,Label")

      let predicted = try kit("predict", [run, "\(data)/test/img1.png", "--json"])
      #expect(predicted.status == 0 && predicted.output.contains("\"class\":"), "\(predicted.errors)")
    }
  }

  @Test func foldsOfManyClassesAndResuming() throws {
    try withTemporaryFolder { folder in
      let data = "\(folder)/train.csv"
      // 26 classes, labels of two digits; the last class is missing.
      var table = "label," + (0..<784).map { "pixel\($0)" }.joined(separator: ",") + "\n"
      for row in 0..<150 {
        var stream = RandomStream(Philox(seed: 3), .sample, image: row)
        let label = row % 25
        let pixels = (0..<784).map { $0 / 28 == label ? "255" : "\(stream.below(30))" }
        table += "\(label),\(pixels.joined(separator: ","))\n"
      }
      try write(table, to: data)
      expectRefusal(
        try kit("train", ["--data", data, "--output", "\(folder)/no"] + Self.network), status: 65,
        "train.csv:12:1: label is 10; a label is a digit from 0 to 9 (--classes tells of more)")
      let classes = ["--classes", "26"]
      let options = ["--data", data, "--folds", "3"] + Self.network
      let whole = try kit("cross-validate", ["--output", "\(folder)/a"] + options + classes)
      #expect(whole.status == 0, "\(whole.errors)")
      let head = try lines("\(folder)/a/out-of-fold.csv")[0]
      #expect(head.last == "p25" && head.count == 29)
      // In two steps, of which the second knows the classes from the run.
      let part = try kit(
        "cross-validate", ["--output", "\(folder)/b", "--only-folds", "2"] + options + classes)
      #expect(part.status == 0, "\(part.errors)")
      let rest = try kit("cross-validate", ["--resume", "\(folder)/b"])
      #expect(rest.status == 0, "\(rest.errors)")
      #expect(try bytes("\(folder)/a/out-of-fold.csv") == bytes("\(folder)/b/out-of-fold.csv"))
      expectRefusal(
        try kit("cross-validate", ["--resume", "\(folder)/b"] + classes), status: 64,
        "--resume and --classes are mutually exclusive")
      #expect(try kit("report", ["\(folder)/a"]).status == 0)
      // Others don't predict with them.
      try trained("\(folder)/digits", smallNetwork + ["--epochs", "1"])
      expectRefusal(
        try kit("evaluate", ["\(folder)/a", "\(folder)/digits", "--data", data]), status: 65,
        "can't predict together with")
    }
  }

  @Test func correctedLabels() throws {
    try withTemporaryFolder { folder in
      let (fixes, run) = ("\(folder)/fixes.csv", "\(folder)/run")
      let options = smallNetwork + ["--epochs", "2", "--data", competition]
      try write("row,label\n5,3\n9,drop\n", to: fixes)
      let first = try kit("train", ["--output", run, "--labels", fixes] + options)
      #expect(first.status == 0 && first.errors.contains("labels corrected: 2 rows, of which 1 is dropped"))
      // The run knows them without the file.
      try FileManager.default.removeItem(atPath: fixes)
      let again = try kit("train", ["--output", "\(folder)/again", "--labels", run] + options)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try promisedFiles(in: run) == promisedFiles(in: "\(folder)/again"))
      let resumed = try kit("train", ["--resume", run])
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try kit("report", [run]).status == 0)

      // Scores are of the corrected labels, and no row is scored that was trained on, of this run and of one without.
      let plain = "\(folder)/plain"
      #expect(try kit("train", ["--output", plain] + options).status == 0)
      for sources in [[run], [run, plain]] {
        let chosen = sources.count == 1 ? [] : ["--labels", run]
        let outcome = try kit("evaluate", sources + ["--data", competition, "--json"] + chosen)
        #expect(outcome.status == 0 && !outcome.errors.contains("another table"), "\(outcome.errors)")
      }
      let doubtful = "\(folder)/doubtful.csv"
      let written = try kit("evaluate", [run, "--data", competition, "--doubtful", doubtful])
      #expect(written.status == 0, "\(written.errors)")
      let rows = try text(doubtful).split(separator: "\n")
      #expect(rows.count >= 3 && rows[1].hasPrefix("5,3,") && rows[2].hasPrefix("9,drop,"))
      // Unedited, it changes nothing.
      #expect(
        try kit("train", ["--output", "\(folder)/third", "--labels", doubtful] + options).status == 0)
      let digests = try [run, "\(folder)/third"].map { path in
        try json(bytes("\(path)/member-1/configuration.json"))["rows-digest"] as? String
      }
      #expect(digests[0] == digests[1] && digests[0] != nil)
      let submitted = try submit([run], output: "\(folder)/s.csv")
      #expect(submitted.status == 0)
      #expect(try text("\(folder)/s.json").contains("\"labels\": {"))
      expectRefusal(
        try kit(
          "train", ["--output", "\(folder)/x", "--labels", "\(competition)/test_labels.csv"] + options),
        status: 65, "test_labels.csv:1:1: the header must begin with row,label")
    }
  }

  /// An IDX file of unsigned bytes.
  private static func idx(_ dimensions: [Int], _ values: [UInt8]) -> [UInt8] {
    let sizes = dimensions.flatMap { size in [24, 16, 8, 0].map { UInt8(size >> $0 & 0xFF) } }
    return [0, 0, 8, UInt8(dimensions.count)] + sizes + values
  }

  private static func writeIDX(to folder: String, _ set: String, scale: UInt8 = 1) throws {
    let labels = (0..<120).map { UInt8($0 % 3) }
    let pixels = labels.enumerated().flatMap { picture(Int($1), $0).map { $0 / scale } }
    try makeFolders(folder)
    try WholeFile.write(
      idx([120, 28, 28], pixels), to: "\(folder)/\(set)-images-idx3-ubyte", replacing: true)
    try WholeFile.write(idx([120], labels), to: "\(folder)/\(set)-labels-idx1-ubyte", replacing: true)
  }

  @Test func testRowsOfIDXFilesAndPixelsOfAnotherScale() throws {
    try withTemporaryFolder { folder in
      let (data, run) = ("\(folder)/data", "\(folder)/run")
      try Self.writeIDX(to: data, "train")
      try Self.writeIDX(to: data, "t10k")
      let trained = try kit("train", ["--data", data, "--output", run, "--transpose"] + Self.network)
      #expect(trained.status == 0, "\(trained.errors)")
      // Of the ten digits seven have no rows.
      #expect(trained.errors.contains("no row is of digits 3, 4, 5, 6, 7, 8, 9"), "\(trained.errors)")
      // The images are transposed as the training's were.
      let scored = try kit("evaluate", [run, "--data", data, "--rows", "test", "--json"])
      #expect(scored.status == 0 && !scored.errors.contains("warning"), "\(scored.errors)")
      let evaluation = try #require(try scored.json()["evaluation"] as? [String: Any])
      #expect(evaluation["rows"] as? Int == 120)
      let own = try kit("evaluate", [run, "--data", data, "--rows", "all", "--json"])
      let all = try #require(try own.json()["evaluation"] as? [String: Any])
      #expect(evaluation["correct"] as? Int == all["correct"] as? Int)
      // Pixels from 0 to 1 where the network saw 0 to 255.
      try Self.writeIDX(to: data, "t10k", scale: 255)
      let warned = try kit("evaluate", [run, "--data", data, "--rows", "test"])
      #expect(warned.status == 0)
      #expect(
        warned.errors.contains("warning: the largest pixel of \(data) is 1, but the network was trained on"))
    }
  }
}
