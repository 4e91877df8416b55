import Foundations
import TestSupport
import Testing

@Suite struct ElementaryTests {
  /// How many doubles there are from one to the other; huge if the signs differ.
  func distance(_ a: Double, _ b: Double) -> UInt64 {
    a.bitPattern > b.bitPattern ? a.bitPattern - b.bitPattern : b.bitPattern - a.bitPattern
  }

  @Test func valuesAreCorrectlyRoundedOrNextToThat() {
    let tables = [
      (ElementaryFixtures.exponentials, Elementary.exp), (ElementaryFixtures.logarithms, Elementary.log),
      (ElementaryFixtures.sines, Elementary.sin), (ElementaryFixtures.cosines, Elementary.cos),
    ]
    for (table, function) in tables {
      var inexact = 0
      for (x, value) in table {
        #expect(distance(function(x), value) <= 1, "\(x): \(function(x)), not \(value)")
        inexact += function(x) == value ? 0 : 1
      }
      // An error below 0.8 units rounds to the wrong neighbour now and then, not often.
      #expect(inexact * 5 < table.count)
    }
  }

  @Test func exponentialOfSpecialValues() {
    #expect(Elementary.exp(0) == 1)
    #expect(Elementary.exp(-0.0) == 1)
    #expect(Elementary.exp(.infinity) == .infinity)
    #expect(Elementary.exp(-.infinity) == 0)
    #expect(Elementary.exp(.nan).isNaN)
    #expect(Elementary.exp(709.782712893384).isFinite)
    #expect(Elementary.exp(709.7827128933841) == .infinity)
    #expect(Elementary.exp(.greatestFiniteMagnitude) == .infinity)
    #expect(Elementary.exp(-745.1332191019411) == .leastNonzeroMagnitude)
    #expect(Elementary.exp(-745.1332191019412) == 0)
    #expect(Elementary.exp(-.greatestFiniteMagnitude) == 0)
    #expect(Elementary.exp(.leastNonzeroMagnitude) == 1)
  }

  @Test func logarithmOfSpecialValues() {
    #expect(Elementary.log(1) == 0)
    #expect(Elementary.log(0) == -.infinity)
    #expect(Elementary.log(-0.0) == -.infinity)
    #expect(Elementary.log(.infinity) == .infinity)
    #expect(Elementary.log(-1).isNaN)
    #expect(Elementary.log(-.leastNonzeroMagnitude).isNaN)
    #expect(Elementary.log(-.infinity).isNaN)
    #expect(Elementary.log(.nan).isNaN)
  }

  @Test func sineAndCosineOfSpecialValues() {
    #expect(Elementary.sin(0).bitPattern == 0)
    #expect(Elementary.sin(-0.0).sign == .minus)
    #expect(Elementary.cos(0) == 1)
    #expect(Elementary.sin(.leastNonzeroMagnitude) == .leastNonzeroMagnitude)
    for x in [Double.nan, .infinity, -.infinity, 1_000_001, -.greatestFiniteMagnitude] {
      #expect(Elementary.sin(x).isNaN)
      #expect(Elementary.cos(x).isNaN)
    }
  }

  @Test func sineIsOddAndCosineEven() {
    var stream = RandomStream(Philox(seed: 4), .sample)
    for _ in 0..<2000 {
      let x = stream.uniform(-1000, 1000)
      #expect(Elementary.sin(-x) == -Elementary.sin(x))
      #expect(Elementary.cos(-x) == Elementary.cos(x))
    }
  }

  /// The bits themselves are promised, not the precision: submissions depend on them.
  @Test func bitsAreTheSameEverywhere() {
    var stream = RandomStream(Philox(seed: 5), .sample)
    var bytes: [UInt8] = []
    for _ in 0..<5000 {
      let (u, angle) = (stream.uniform(), stream.uniform(-100_000, 100_000))
      let values = [
        Elementary.exp(-700 * u), Elementary.log(u), Elementary.sin(angle), Elementary.cos(angle),
        stream.gaussian(),
      ]
      for value in values {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    var hash = SHA256()
    hash.update(bytes)
    let digest = SHA256.hexadecimal(of: hash.finalize())
    #expect(digest == "114772527357637b4f652ba28ba3bd7b6b1e11da0249aab796f79542c7bbf14d")
  }
}
