import KernelShapes

// What `kaggle-digits benchmark` measures the kernels by: nothing but fused multiply-adds, all in registers.

/// Four vectors, a chain of multiply-adds each.
private struct FourChains {
  private var first: Vector
  private var second: Vector
  private var third: Vector
  private var fourth: Vector

  @inline(__always)
  init(loading source: Floats) {
    first = loadVector(source)
    second = loadVector(source + lanes)
    third = loadVector(source + 2 * lanes)
    fourth = loadVector(source + 3 * lanes)
  }

  /// The next link of each chain.
  @inline(__always)
  mutating func extend(_ factor: Vector, _ addend: Vector) {
    first = addend.addingProduct(first, factor)
    second = addend.addingProduct(second, factor)
    third = addend.addingProduct(third, factor)
    fourth = addend.addingProduct(fourth, factor)
  }

  @inline(__always)
  func store(to target: MutableFloats) {
    storeVector(first, target)
    storeVector(second, target + lanes)
    storeVector(third, target + 2 * lanes)
    storeVector(fourth, target + 3 * lanes)
  }
}

extension Level {
  /// value ← value · factor + addend, `turns` times, for each of 384 values.
  ///
  /// A link waits for the one before it, four or five cycles, and a core starts two vectors a cycle (some four narrow
  /// ones): 12 chains at once keep Intel's and AMD's cores busy, 24 those with more registers and units. NEON's multiply-add
  /// overwrites its addend, of which each link therefore takes a copy, so that its registers are enough for 12; what that
  /// costs has not been measured.
  func multiplyAddLimit(_ operands: MultiplyAddLimit) {
    let turns = operands.turns
    let factors = Vector(repeating: operands.factor)
    let addends = Vector(repeating: operands.addend)
    var target = operands.values
    repeat {
      var first = FourChains(loading: target)
      var second = FourChains(loading: target + 4 * lanes)
      var third = FourChains(loading: target + 8 * lanes)
      #if AVX512
        var fourth = FourChains(loading: target + 12 * lanes)
        var fifth = FourChains(loading: target + 16 * lanes)
        var sixth = FourChains(loading: target + 20 * lanes)
      #endif
      var turn = 0
      repeat {
        first.extend(factors, addends)
        second.extend(factors, addends)
        third.extend(factors, addends)
        #if AVX512
          fourth.extend(factors, addends)
          fifth.extend(factors, addends)
          sixth.extend(factors, addends)
        #endif
        turn += 1
      } while turn < turns
      first.store(to: target)
      second.store(to: target + 4 * lanes)
      third.store(to: target + 8 * lanes)
      #if AVX512
        fourth.store(to: target + 12 * lanes)
        fifth.store(to: target + 16 * lanes)
        sixth.store(to: target + 20 * lanes)
      #endif
      #if AVX512
        target += 24 * lanes
      #else
        target += 12 * lanes
      #endif
    } while target < operands.values + 384
  }
}
