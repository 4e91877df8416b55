import Compute
import Emulation
import Foundations
import Testing

/// NEON's code is the same arithmetic: emulated, it equals what this processor computes to the bit.
///
/// The kernels' other tests compare it on all their cases, beside the processor's own instruction sets; here is what they
/// don't hold.
@Suite(
  .enabled(
    if: EmulatedProgram.missing.isEmpty,
    "not installed: \(EmulatedProgram.missing.joined(separator: ", ")); the kernels for arm64 are not compared"
  ))
struct EmulationTests {
  /// Each kernel of the table is called by the cases of the tests.
  @Test func everyKernelIsCompared() throws {
    let neon = try EmulatedNEON.shared.get()
    ConvolutionTests().values(values: .ordinary)
    ConvolutionTests().kernelsOverTheImage(kernel: 3)
    ConvolutionTests().denseWeights(values: .ordinary)
    WinogradTests().notFinite(tile: .f53)
    WinogradTests().notFinite(tile: .f45)
    PoolingTests().imageCounts(images: 3)
    NormalizationTests().everyKernel(images: 1)
    DropoutTests().bits(share: 0x6666)
    DropoutTests().applied(values: .wild)
    AffineTests().sample(side: 5)
    for values in [Values.ordinary, .wild] {
      ElementwiseTests().add(values: values)
      ElementwiseTests().moveTowards(values: values)
      ElementwiseTests().adam(values: values)
      ElementwiseTests().nesterov(values: values)
      ElementwiseTests().multiplyAddLimit(values: values)
    }
    ElementwiseTests().flatten(channels: 17)
    ElementwiseTests().scalePixels()
    let kernels = try EmulatedNEON.kernels
    #expect(kernels.count > 30)
    #expect(kernels.subtracting(neon.called).sorted() == [], "no test calls these")
  }

  /// A kernel that computes something else, or writes elsewhere, would be found: the comparison finds it in a result of
  /// other operands.
  @Test func differencesAreFound() throws {
    let neon = try EmulatedNEON.shared.get()
    for place in [0, 6, 7] {
      withKnownIssue("place \(place)") {
        expectTwins([[1, 2, 3, 4, 5, 6, 7], [Float](repeating: 1, count: 7)], "a changed sum") {
          kernels, operands in
          kernels.addInPlace(AddInPlace(count: 7, addend: operands[1], sum: operands[0]))
          // The first element, the last one, and the guard after it.
          if kernels === neon {
            operands[0][place] = Float(bitPattern: operands[0][place].bitPattern ^ 1)
          }
        }
      }
    }
  }

  /// The doubles that reach promised bytes.
  @Test(arguments: ["exp", "log", "sin", "cos"]) func functionsOfDoubles(name: String) throws {
    let neon = try EmulatedNEON.shared.get()
    let functions = [
      "exp": Elementary.exp, "log": Elementary.log, "sin": Elementary.sin, "cos": Elementary.cos,
    ]
    let function = try #require(functions[name])
    var random = RandomStream(Philox(seed: 40), .sample)
    var values: [Double] = [0, -0.0, 1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude]
    values += (0..<20_000).map { _ in Double(bitPattern: random.next64()) }
    for reach in [1e-3, 1, 30, 700, 1e6] {
      values += (0..<10_000).map { _ in random.uniform(-reach, reach) }
    }
    let results = neon.results(of: name, values)
    for (value, result) in zip(values, results) where !areSame(result, function(value)) {
      Issue.record("\(name)(\(value)) is \(result); here it is \(function(value))")
    }
  }

  private func areSame(_ first: Double, _ second: Double) -> Bool {
    first.bitPattern == second.bitPattern || first.isNaN && second.isNaN
  }
}
