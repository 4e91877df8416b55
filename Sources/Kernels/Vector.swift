// The vectors under the tiles and the pooling. Selections are bit operations on a comparison's mask: the standard
// library's `replacing(with:where:)` splits wide vectors into narrow ones.

#if AVX512
  typealias Vector = SIMD16<Float>
  typealias Bits = SIMD16<Int32>
#elseif AVX2
  typealias Vector = SIMD8<Float>
  typealias Bits = SIMD8<Int32>
#else
  typealias Vector = SIMD4<Float>
  typealias Bits = SIMD4<Int32>
#endif

/// Floats in a vector.
let lanes = Vector.scalarCount

@inline(__always)
func loadVector(_ source: UnsafePointer<Float>) -> Vector {
  UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
}

@inline(__always)
func storeVector(_ vector: Vector, _ target: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Vector.self)
}

/// All ones where the condition holds.
@inline(__always)
func bits(_ mask: SIMDMask<Bits>) -> Bits { unsafeBitCast(mask, to: Bits.self) }

/// The lanes where `mask` is ones, +0 elsewhere.
@inline(__always)
func select(_ vector: Vector, _ mask: Bits) -> Vector {
  unsafeBitCast(unsafeBitCast(vector, to: Bits.self) & mask, to: Vector.self)
}

/// `first` where `mask` is ones, `second` elsewhere.
@inline(__always)
func select(_ first: Vector, _ mask: Bits, else second: Vector) -> Vector {
  let (a, b) = (unsafeBitCast(first, to: Bits.self), unsafeBitCast(second, to: Bits.self))
  return unsafeBitCast(b ^ ((a ^ b) & mask), to: Vector.self)
}

/// `x < 0 ? 0 : x`: NaN stays NaN.
@inline(__always)
func rectify(_ vector: Vector) -> Vector { select(vector, ~bits(vector .< Vector())) }
