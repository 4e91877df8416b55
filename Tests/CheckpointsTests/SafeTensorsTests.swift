import Checkpoints
import Foundation
import Foundations
import TestSupport
import Testing

@Suite struct SafeTensorsTests {
  let example = SafeTensors(
    metadata: ["network": "32C3-P2 \"é\"", "epoch": "3"],
    tensors: [
      "layers.9.weight": .init(
        shape: [2, 3], values: .float32([1, -2.5, 0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude])),
      "layers.10.bias": .init(shape: [2], values: .float32([0.1, 3])),
      "history": .init(shape: [3], values: .uint8([1, 2, 255])),
      "step": .init(shape: [], values: .int64([-7])),
      "average": .init(shape: [1, 2], values: .float64([0.1, -5])),
      "none": .init(shape: [0, 4], values: .float32([])),
    ])

  /// A file of this header and as many bytes of data.
  func file(_ header: String, dataCount: Int) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(8 * $0)) } + Array(header.utf8)
      + (0..<dataCount).map { UInt8($0 % 64) }
  }

  func message(_ bytes: [UInt8]) -> String {
    TestSupport.message(of: .badData) { try SafeTensors(parsing: bytes, from: "m.safetensors") }
  }

  /// One tensor's entry in the header.
  func entry(_ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
  }

  /// The header is enough: a file that is cut behind it has the same metadata.
  @Test func metadataNeedTheHeaderAlone() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/m.safetensors"
      try example.write(to: path, replacing: true)
      #expect(try SafeTensors.metadata(ofFileAt: path) == example.metadata)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      let header = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      for (count, isEnough) in [(header, true), (header - 1, false), (7, false)] {
        try bytes.prefix(count).write(to: URL(fileURLWithPath: path))
        #expect((try? SafeTensors.metadata(ofFileAt: path)) == (isEnough ? example.metadata : nil))
        #expect(throws: KitError.self) { try SafeTensors(reading: path) }
      }
    }
  }

  @Test func exactBytes() {
    let bytes = SafeTensors(
      metadata: ["b": "2", "a": "1"],
      tensors: [
        "y": .init(shape: [2], values: .uint8([7, 8])), "x.9": .init(shape: [1], values: .float32([1])),
        "x.10": .init(shape: [], values: .float32([-2])), "Z": .init(shape: [1, 1], values: .int64([258])),
      ]
    ).serialized()
    let header =
      #"{"Z":{"data_offsets":[0,8],"dtype":"I64","shape":[1,1]},"__metadata__":{"a":"1","b":"2"},"#
      + #""x.10":{"data_offsets":[8,12],"dtype":"F32","shape":[]},"#
      + #""x.9":{"data_offsets":[12,16],"dtype":"F32","shape":[1]},"#
      + #""y":{"data_offsets":[16,18],"dtype":"U8","shape":[2]}}"#
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let expected =
      file(header + padding, dataCount: 0) + [2, 1, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0xC0] + [0, 0, 0x80, 0x3F]
      + [7, 8]
    #expect(bytes == expected)
    #expect(bytes[0] % 8 == 0)
  }

  @Test func whatIsWrittenReadsBack() throws {
    let read = try SafeTensors(parsing: example.serialized(), from: "m")
    #expect(read.metadata == example.metadata)
    #expect(read.tensors == example.tensors)
    #expect(read.serialized() == example.serialized())
    let empty = SafeTensors().serialized()
    #expect(empty == file("{}      ", dataCount: 0))
    #expect(try SafeTensors(parsing: empty, from: "m").tensors.isEmpty)
  }

  @Test func floatBitsSurvive() throws {
    let bits: [UInt32] = [0x8000_0000, 1, 0x7FC0_1234, 0xFF80_0000, 0x3F80_0001]
    let file = SafeTensors(
      tensors: ["w": .init(shape: [5], values: .float32(bits.map { Float(bitPattern: $0) }))])
    let read = try SafeTensors(parsing: file.serialized(), from: "m").float32("w", shape: [5])
    #expect(read.map(\.bitPattern) == bits)
  }

  /// Bytes that the Python package's `save` wrote (version 0.8.0): metadata first, wide types first.
  @Test func readsWhatThePythonPackageWrites() throws {
    let header =
      #"{"__metadata__":{"format":"np"},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"#
      + #""w":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},"u":{"dtype":"U8","shape":[3],"#
      + #""data_offsets":[16,19]}}"#
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let bytes =
      file(header + padding, dataCount: 0) + [0, 0, 0, 0, 0, 0, 0xE0, 0x3F] + [
        0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0,
      ]
      + [1, 2, 3]
    let read = try SafeTensors(parsing: bytes, from: "m")
    #expect(read.metadata == ["format": "np"])
    #expect(try read.float64("b", shape: [1]) == [0.5])
    #expect(try read.float32("w", shape: [2, 1]) == [1, -2])
    #expect(try read.uint8("u", shape: [3]) == [1, 2, 3])
  }

  @Test func valuesNeedNotBeAligned() throws {
    let header = "{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("b", "F32", "[1]", 1, 5) + "}"
    let read = try SafeTensors(parsing: file(header, dataCount: 5), from: "m")
    #expect(try read.float32("b", shape: [1]) == [Float(bitPattern: 0x0403_0201)])
  }

  @Test func namedTensorMustFit() throws {
    let read = try SafeTensors(parsing: example.serialized(), from: "m.safetensors")
    #expect(try read.int64("step", shape: []) == [-7])
    #expect(try read.uint8("history", shape: [3]) == [1, 2, 255])
    #expect(throws: KitError(.badData, "m.safetensors: tensor layers.1.weight is missing")) {
      try read.float32("layers.1.weight", shape: [2])
    }
    #expect(
      throws: KitError(.badData, "m.safetensors: tensor layers.9.weight is F32 [2, 3]; expected F32 [3, 2]")
    ) {
      try read.float32("layers.9.weight", shape: [3, 2])
    }
    #expect(throws: KitError(.badData, "m.safetensors: tensor average is F64 [1, 2]; expected F32 [1, 2]")) {
      try read.float32("average", shape: [1, 2])
    }
    #expect(throws: KitError.self) { try read.float64("step", shape: []) }
    #expect(throws: KitError.self) { try read.int64("average", shape: [1, 2]) }
    #expect(throws: KitError.self) { try read.uint8("step", shape: []) }
  }

  @Test func valuesThatAreNotFiniteAreNamed() throws {
    try example.requireFinite()
    for value in [Float.nan, .infinity, -.infinity] {
      var file = example
      file.tensors["layers.10.bias"] = .init(shape: [2], values: .float32([0, value]))
      let read = try SafeTensors(parsing: file.serialized(), from: "m.safetensors")
      let expected = "m.safetensors: tensor layers.10.bias has a value that is not finite, at index 1"
      #expect(throws: KitError(.badData, expected)) { try read.requireFinite() }
    }
    var file = example
    file.tensors["average"] = .init(shape: [1], values: .float64([.nan]))
    #expect(throws: KitError.self) { try file.requireFinite() }
  }

  @Test func refusedHeaders() {
    let float = entry("a", "F32", "[2]", 0, 8)
    let cases: [(header: String, dataCount: Int, reason: String)] = [
      ("", 0, "the header does not begin with a brace"),
      (" {}", 0, "the header does not begin with a brace"),
      ("{", 0, "header:1:2: expected a name in quotation marks"),
      ("{}x", 0, "header:1:3: there is more after the value"),
      ("{\(float),\(float)}", 8, "header:1:\(float.utf8.count + 3): the name \"a\" appears twice"),
      (#"{"a":1}"#, 0, "tensor a needs dtype, shape and data_offsets, and nothing else"),
      (
        #"{"a":{"dtype":"F32","shape":[1]}}"#, 0,
        "tensor a needs dtype, shape and data_offsets, and nothing else"
      ),
      (#"{"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}"#, 4, "tensor a has no dtype"),
      ("{\(entry("a", "BF16", "[1]", 0, 2))}", 2, "tensor a is of type BF16; known are F32, F64, I64 and U8"),
      ("{\(entry("a", "F32", "[-1]", 0, 4))}", 4, "tensor a's shape is not a list of whole numbers from 0"),
      ("{\(entry("a", "F32", "[1.0]", 0, 4))}", 4, "tensor a's shape is not a list of whole numbers from 0"),
      ("{\(entry("a", "F32", "1", 0, 4))}", 4, "tensor a's shape is not a list of whole numbers from 0"),
      (
        "{\(entry("a", "F32", "[1]", 4, 0))}", 4, "tensor a's data_offsets are not two whole numbers in order"
      ),
      (
        "{\(entry("a", "F32", "[1]", -4, 0))}", 4,
        "tensor a's data_offsets are not two whole numbers in order"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, 8,
        "tensor a's data_offsets are not two whole numbers in order"
      ),
      ("{\(float)}", 7, "tensor a ends at byte 8 of 7 of data; is the file truncated?"),
      (
        "{\(entry("a", "F32", "[1]", 0, Int.max))}", 4,
        "tensor a ends at byte 9223372036854775807 of 4 of data; is the file truncated?"
      ),
      ("{\(float)}", 9, "1 bytes follow the last tensor"),
      ("{}", 4, "4 bytes follow the last tensor"),
      ("{\(entry("a", "F32", "[3]", 0, 8))}", 8, "tensor a of F32 [3] needs 12 bytes and has 8"),
      ("{\(entry("a", "F32", "[]", 0, 0))}", 0, "tensor a of F32 [] needs 4 bytes and has 0"),
      (
        "{\(entry("a", "F32", "[4294967296,4294967296]", 0, 0))}", 0,
        "tensor a's shape [4294967296, 4294967296] is too large"
      ),
      (
        "{\(float),\(entry("b", "F32", "[1]", 4, 8))}", 8,
        "tensor b overlaps the tensor before it: it begins at 4, expected 8"
      ),
      (
        "{\(float),\(entry("b", "F32", "[2]", 0, 8))}", 8,
        "tensor b overlaps the tensor before it: it begins at 0, expected 8"
      ),
      (
        "{\(float),\(entry("b", "F32", "[1]", 12, 16))}", 16,
        "tensor b leaves a gap before it: it begins at 12, expected 8"
      ),
      (
        "{\(entry("a", "F32", "[1]", 4, 8))}", 8,
        "tensor a leaves a gap before it: it begins at 4, expected 0"
      ),
      (#"{"__metadata__":[]}"#, 0, "__metadata__ is not an object"),
      (#"{"__metadata__":{"epoch":3}}"#, 0, "__metadata__ epoch is not a string"),
    ]
    for item in cases {
      #expect(message(file(item.header, dataCount: item.dataCount)) == "m.safetensors: " + item.reason)
    }
  }

  @Test func refusedLengths() {
    #expect(message([]) == "m.safetensors: 0 bytes are too few for a safetensors file; is it truncated?")
    #expect(
      message(Array("PK\u{3}\u{4} zipped".utf8)).hasSuffix(
        "is beyond the 4194304 that a checkpoint's may have; is it a safetensors file?"))
    #expect(message([UInt8](repeating: 0xFF, count: 8)).contains("18446744073709551615"))
    #expect(
      message([9, 0, 0, 0, 0, 0, 0, 0, 0x7B])
        == "m.safetensors: the header has 9 bytes, but only 1 follow its length; is the file truncated?")
  }

  @Test func everyTruncationIsRefused() {
    let bytes = example.serialized()
    for count in 0..<bytes.count { #expect(message(Array(bytes[..<count])) != "accepted") }
    #expect(message(bytes + [0]) != "accepted")
  }

  @Test func anyBytesAreReadOrRefused() {
    let bytes = example.serialized()
    let headerCount = Int(bytes[0]) | Int(bytes[1]) << 8
    var stream = RandomStream(Philox(seed: 3), .sample)
    var accepted = 0
    for round in 0..<4000 {
      var mutated = bytes
      for _ in 0...stream.below(2) {
        // Half of the changes put a digit, a brace or the like into the header, where they do most.
        let place = stream.below(round % 2 == 0 ? bytes.count : headerCount)
        let characters = Array("0123456789{}[],:\"-e\\".utf8)
        mutated[place + (round % 2 == 0 ? 0 : 8)] =
          round % 2 == 0 ? UInt8(stream.below(256)) : characters[stream.below(characters.count)]
      }
      if stream.below(8) == 0 { mutated.removeLast(stream.below(mutated.count)) }
      let result = message(mutated)
      accepted += result == "accepted" ? 1 : 0
      #expect(result == "accepted" || result.hasPrefix("m.safetensors: "))
    }
    #expect(accepted > 0 && accepted < 2000)
  }

  @Test func missingFileIsNamed() {
    #expect(throws: KitError(.missingInput, "/no/m.safetensors can't be read: no such file or directory")) {
      try SafeTensors(reading: "/no/m.safetensors")
    }
    #expect(throws: KitError.self) { try example.write(to: "/no/m.safetensors", replacing: false) }
  }
}
