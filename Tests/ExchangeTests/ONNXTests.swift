import Augmentation
import Ensembling
import Exchange
import Foundations
import Runs
import TestSupport
import Testing

/// ONNX models against the kit, by ONNX's own checker and runtime.
@Suite struct ONNXTests {
  /// Every layer of the notation, also in unusual places; named networks are measured on real rows.
  static let networks: [(notation: String, preprocessing: Preprocessing)] = [
    ("4C3-P2-16N", .none), ("4C3-P2-16N", .deskew), ("4C3-P2-16N", .spread),
    ("4C5p-A2-6C5l-A3-12Nl-8N", .none), ("3C4S3p-B-5C3x2S2p-D40-B", .deskew),
    ("4C2S2-3C5x1pl-P3-D25-F-B-9N-D50-B-7N", .spread), ("B-P5-A2", .none), ("16N", .none), ("F", .none),
    ("3C7-P11-2C1-12N-5C1-P1-A1-B-F-D10-4N", .none), ("A4-F-B-3C1-6N", .deskew),
    ("2C28-F-3N", .none), ("D30-20C3S28p-B", .none), ("5C3-F-P1-B-F-8N", .none),
  ]

  @Test(.enabled(if: pythonWithONNX != nil, "\(noONNX)"))
  func modelsAnswerAsTheKitDoes() throws {
    try withTemporaryFolder { folder in
      try write(Rows.table, to: "\(folder)/rows.csv")
      var command = [pythonWithONNX ?? "", "\(repository)/Tests/Exchange/compare.py", "\(folder)/rows.csv"]
      func add(_ ensemble: Ensemble, _ name: String, input: PixelType = .uint8) throws {
        let path = "\(folder)/\(name)"
        let bytes = try ExportedEnsemble(ensemble).onnx(input: input)
        try WholeFile.write(bytes, to: "\(path).onnx", replacing: false)
        try write(probabilities(ensemble), to: "\(path).csv")
        command += ["\(path).onnx", "\(path).csv"]
      }
      var paths: [String] = []
      for (number, (notation, preprocessing)) in Self.networks.enumerated() {
        let path = try written(
          notation, preprocessing, seed: UInt64(number), in: folder, as: "\(number)-\(notation)")
        paths.append(path)
        try add(ensemble([path]), "\(number)-\(notation)")
      }
      try add(ensemble([paths[0]]), "float32", input: .float32)
      for average in Average.allCases {
        let name = average.rawValue
        try add(ensemble([paths[2]], average: average), "one-\(name)")
        try add(ensemble(Array(paths[..<6]), average: average), "all-\(name)")
        // Votes that are equal, and a member that does not count.
        try add(
          ensemble(Array(paths[1..<5]), average: average, weights: [0.3, 0, 0.2, 0.5]), "weights-\(name)")
      }
      let letters = try Classes(named: "abcdefghijklmnopqrstuvw,".map { "\($0)" }, from: "letters")
      let lettered = try (1...2).map {
        try written("6C5-P3-9N", .deskew, seed: $0, in: folder, as: "letters-\($0)", classes: letters)
      }
      try add(ensemble(lettered, average: .vote), "letters")
      let outcome = try run(command)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.output.split(separator: "\n").count == Self.networks.count + 11)
    }
  }

  @Test func sameSourcesGiveTheSameBytes() throws {
    try withTemporaryFolder { folder in
      let paths = [
        try written("4C3-B-P2-8N", .spread, in: folder, as: "a"),
        try written("6N", .deskew, in: folder, as: "b"),
      ]
      let first = try ExportedEnsemble(ensemble(paths)).onnx(input: .uint8)
      #expect(try ExportedEnsemble(ensemble(paths)).onnx(input: .uint8) == first)
      #expect(try ExportedEnsemble(ensemble(paths.reversed())).onnx(input: .uint8) != first)
      #expect(try ExportedEnsemble(ensemble(paths, average: .geometric)).onnx(input: .uint8) != first)
      #expect(try ExportedEnsemble(ensemble(paths, weights: [1, 2])).onnx(input: .uint8) != first)
      #expect(try ExportedEnsemble(ensemble(paths)).onnx(input: .float32) != first)
    }
  }

  @Test func viewsAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = try written("6N", in: folder, as: "a")
      let refused = try ensemble([path], views: 3)
      #expect(message(of: .usage) { try ExportedEnsemble(refused) }.hasPrefix("--tta 3 can't be exported"))
    }
  }
}
