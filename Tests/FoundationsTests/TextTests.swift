import Foundations
import Testing

@Suite struct TextTests {
  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func groupsOfThreeDigits(number: Int, text: String) { #expect(grouped(number) == text) }

  @Test func smallestInteger() { #expect(grouped(.min) == "-9,223,372,036,854,775,808") }

  @Test(arguments: [
    (0.99205, 4, "0.9921"), (0, 2, "0.00"), (-0.001, 2, "0.00"), (-1.5, 0, "-2"), (12.345, 1, "12.3"),
    (0.05, 1, "0.1"), (1e12, 2, "1000000000000.0"), (.nan, 2, "–"), (.infinity, 0, "–"),
  ])
  func fixedDigits(number: Double, digits: Int, text: String) {
    #expect(fixed(number, digits) == text)
  }

  @Test func nothingIsADash() { #expect(fixed(nil, 3) == "–") }

  @Test(arguments: [
    (0.9879, 2, "98.79\u{A0}%"), (1, 0, "100\u{A0}%"), (0.0004, 1, "0.0\u{A0}%"), (.nan, 2, "–"),
  ])
  func shares(share: Double, digits: Int, text: String) {
    #expect(percent(share, digits) == text)
    #expect(percent(share, digits, space: " ") == text.replacing("\u{A0}", with: " "))
  }

  @Test(arguments: [(10, "10"), (0.7, "0.7"), (-3, "-3"), (1e-7, "1e-07"), (.nan, "nan")])
  func shortestDescription(number: Double, text: String) { #expect(withoutPointZero(number) == text) }

  @Test(arguments: [
    (0.000976, "0.000976"), (2.74e-6, "2.74e-6"), (0.001, "0.001"), (0.5, "0.5"), (100, "100"),
    (1234.5, "1235"),
    (9_999_999, "9999999"), (2e7, "2e7"), (0, "0"), (-1, "–"), (.infinity, "–"),
  ])
  func threeSignificantDigits(number: Double, text: String) { #expect(significant(number) == text) }

  @Test func powersOfTenAreExact() {
    for exponent in -307...307 {
      let value = PowerOfTen.value(exponent)
      #expect(PowerOfTen.exponent(below: value) == exponent)
      #expect(PowerOfTen.exponent(below: value.nextDown) == exponent - 1)
    }
  }

  @Test func padding() {
    #expect("ab".padded(to: 4) == "ab  " && "ab".leftPadded(to: 4) == "  ab")
    #expect("7".leftPadded(to: 2, with: "0") == "07" && "é".padded(to: 2, with: ".") == "é.")
    #expect("abc".padded(to: 2) == "abc" && "abc".leftPadded(to: -1) == "abc")
  }

  @Test func columnsAreRightAligned() {
    #expect(aligned([["fold", "rows"], ["1", "1,234"], ["12"]]) == "fold   rows\n   1  1,234\n  12")
    #expect(aligned([]) == "")
  }

  /// What a shell makes of a quoted word is the word.
  @Test(arguments: [
    ("runs/first", "runs/first"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$HOME", "'$HOME'"),
    ("é", "'é'"), ("~", "'~'"),
  ])
  func shellWords(word: String, text: String) { #expect(quoted(word) == text) }
}
