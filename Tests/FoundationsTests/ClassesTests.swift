import Foundations
import TestSupport
import Testing

@Suite struct ClassesTests {
  @Test func digitsAreTheTenNumbers() throws {
    #expect(Classes.digits.areDigits && Classes(count: 10) == .digits)
    #expect(try Classes(named: (0..<10).map { "\($0)" }, from: "f").areDigits)
    #expect(!Classes(count: 9).areDigits && Classes(count: 9).areNumbers)
    #expect(Classes.digits.called(7) == "digit 7")
    #expect(Classes.digits.rule == "a digit from 0 to 9")
    #expect(Classes(count: 26).called(7) == "class 7")
    #expect(Classes(count: 26).rule == "a class from 0 to 25")
  }

  @Test func namesAreForPeople() throws {
    let classes = try Classes(named: ["Shirt", "Sneaker"], from: "names.txt")
    #expect(classes.count == 2 && !classes.areNumbers)
    #expect(classes.name(1) == "Sneaker" && classes.name(2) == "2")
    #expect(classes.called(0) == "class 'Shirt'")
  }

  @Test func theyReadBackFromJSON() throws {
    for classes in [
      Classes.digits, Classes(count: 2), Classes(count: 64), try Classes(named: ["é", "1"], from: "f"),
    ] {
      #expect(Classes(classes.json) == classes)
    }
    if case .null = Classes.digits.json {} else { Issue.record("the digits are the default") }
    for json in [
      JSON.integer(1), .integer(65), .string("ten"), .array([.string("a")]),
      .array([.string("a"), .string("a")]),
      .array([.string("a"), .integer(1)]),
    ] { #expect(Classes(json) == nil) }
  }

  @Test func otherNamesAreRefused() {
    func refusal(_ names: [String]) -> String {
      message(of: .badData) { try Classes(named: names, from: "f") }
    }
    #expect(refusal(["a"]) == "f has 1 class; there must be 2 to 64")
    #expect(refusal((0..<65).map { "\($0)" }) == "f has 65 classes; there must be 2 to 64")
    #expect(refusal(["a", "b", "a"]) == "f: two classes are called 'a'")
    #expect(refusal(["a", ""]).hasPrefix("f: the name of class 1 must have 1 to 64 characters"))
    #expect(refusal(["a\u{1B}[2J", "b"]).hasPrefix("f: the name of class 0"))
  }
}
