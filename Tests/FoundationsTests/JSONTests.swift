import Foundations
import TestSupport
import Testing

@Suite struct JSONTests {
  func parse(_ text: String) throws -> JSON {
    try JSON.parse(Array(text.utf8), from: "a.json")
  }

  func message(_ bytes: [UInt8]) -> String {
    TestSupport.message { try JSON.parse(bytes, from: "a.json") }
  }

  let example = JSON.object([
    ("name", .string("simple \"dropout\"\\\n\u{1}é🙂/")), ("epochs", .integer(12)), ("rate", .number(0.001)),
    ("shape", .array([.integer(28), .integer(28)])), ("folds", .array([.object([("fold", .integer(1))])])),
    ("none", .null), ("augmented", .bool(true)), ("empty", .object([])), ("list", .array([])),
    ("loss", .number(.nan)),
  ])

  @Test func compactText() {
    #expect(
      example.serialized(pretty: false)
        == #"{"name":"simple \"dropout\"\\\n\u0001é🙂/","epochs":12,"rate":0.001,"#
        + #""shape":[28,28],"folds":[{"fold":1}],"none":null,"augmented":true,"empty":{},"list":[],"loss":null}"#
    )
  }

  @Test func prettyText() {
    #expect(
      example.serialized(pretty: true) == #"""
        {
          "name": "simple \"dropout\"\\\n\u0001é🙂/",
          "epochs": 12,
          "rate": 0.001,
          "shape": [28, 28],
          "folds": [
            {
              "fold": 1
            }
          ],
          "none": null,
          "augmented": true,
          "empty": {},
          "list": [],
          "loss": null
        }
        """#)
  }

  @Test(arguments: [true, false]) func whatIsWrittenReadsBack(pretty: Bool) throws {
    let text = example.serialized(pretty: pretty)
    #expect(try parse(text).serialized(pretty: pretty) == text)
  }

  @Test func numbersKeepTheirBits() throws {
    var stream = RandomStream(Philox(seed: 1), .sample)
    var numbers = [0, -0.0, 1, -1.5, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e16, 1e-5, 0.1]
    while numbers.count < 500 {
      let number = Double(bitPattern: stream.next64())
      if number.isFinite { numbers.append(number) }
    }
    for number in numbers {
      let read = try parse(JSON.number(number).serialized(pretty: false)).number
      #expect(read?.bitPattern == number.bitPattern)
    }
    for number in [0, Int.max, Int.min] { #expect(try parse("\(number)").integer == number) }
    #expect(try parse("-0").number?.sign == .minus)
    #expect(try parse("9223372036854775808").integer == nil)
    #expect(try parse("9223372036854775808").number == 0x1p63)
    #expect(try parse("1E2").number == 100)
  }

  @Test func membersAndTypes() throws {
    let value = try parse(" {\"a\" : [1, 2.5, \"x\", true, null],\t\"\\u0062\":{}}\r\n")
    #expect(value["a"]?.array?.map { $0.number } == [1, 2.5, nil, nil, nil])
    #expect(value["a"]?.array?.map { $0.string } == [nil, nil, "x", nil, nil])
    #expect(value["a"]?.array?.map { $0.bool } == [nil, nil, nil, true, nil])
    #expect(value["b"]?["c"] == nil && value["c"] == nil && value["b"] != nil)
  }

  @Test func escapes() throws {
    #expect(try parse(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude42""#).string == "\"\\/\u{8}\u{C}\n\r\té🙂")
    #expect(try parse(#""\u0000""#).string == "\0")
  }

  @Test(arguments: [
    ("", "1:1: the text ends where a value is expected"),
    ("{\n \"a\": }", "2:7: expected a value"),
    ("{\"a\":1,\"a\":2}", "1:8: the name \"a\" appears twice"),
    ("{\"a\":1,\"\\u0061\":2}", "1:8: the name \"a\" appears twice"),
    ("{\"a\" 1}", "1:6: expected a colon"), ("{a:1}", "1:2: expected a name in quotation marks"),
    ("{\"a\":1,}", "1:8: expected a name in quotation marks"),
    ("{\"a\":1", "1:7: expected a comma or a closing brace"),
    ("[1,]", "1:4: expected a value"), ("[1 2]", "1:4: expected a comma or a closing bracket"),
    ("[1", "1:3: expected a comma or a closing bracket"), ("1 2", "1:3: there is more after the value"),
    ("01", "1:2: there is more after the value"), ("-", "1:2: expected a digit"),
    ("1.", "1:3: expected a digit"),
    ("1e", "1:3: expected a digit"), (".5", "1:1: expected a value"), ("+1", "1:1: expected a value"),
    ("NaN", "1:1: expected a value"), ("tru", "1:1: expected a value"),
    ("1e999", "1:1: the number is out of range"),
    ("\"a", "1:1: the string is not closed"), ("\"\\", "1:2: unknown escape sequence"),
    ("\"\\x\"", "1:2: unknown escape sequence"), ("\"\\u12\"", "1:6: expected four hexadecimal digits"),
    ("\"\\u+123\"", "1:4: expected four hexadecimal digits"), ("\"\\ud800\"", "1:2: half a surrogate pair"),
    ("\"\\ud800\\u0041\"", "1:2: half a surrogate pair"), ("\"\\udc00\"", "1:2: half a surrogate pair"),
    ("\"a\nb\"", "1:3: a string may not contain control characters"),
    ("// no", "1:1: expected a value"), ("\u{FEFF}1", "1:1: expected a value"),
  ]) func refusals(text: String, expected: String) {
    #expect(message(Array(text.utf8)) == "a.json:" + expected)
  }

  @Test func malformedTextIsRefused() {
    for bytes: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80],
    ] {
      #expect(message([0x22] + bytes + [0x22]) == "a.json:1:1: the string is not UTF-8")
    }
  }

  @Test func deepNestingIsRefusedBeforeTheStackEnds() throws {
    for opening in ["[", "{\"a\":"] {
      let text = String(repeating: opening, count: 1_000_000)
      #expect(message(Array(text.utf8)).hasSuffix("nested deeper than 64 levels"))
    }
    _ = try parse(String(repeating: "[", count: 64) + String(repeating: "]", count: 64))
  }

  @Test func anyBytesAreReadOrRefused() throws {
    let text = Array(example.serialized(pretty: true).utf8)
    var stream = RandomStream(Philox(seed: 2), .sample)
    var refused = 0
    for _ in 0..<3000 {
      var bytes = text
      for _ in 0...stream.below(3) { bytes[stream.below(bytes.count)] = UInt8(stream.below(256)) }
      if stream.below(4) == 0 { bytes.removeLast(stream.below(bytes.count)) }
      do throws(KitError) {
        _ = try JSON.parse(bytes, from: "a.json")
      } catch {
        refused += 1
        #expect(error.kind == .badData && error.message.hasPrefix("a.json:"))
      }
    }
    #expect(refused > 1000 && refused < 3000)
  }
}
