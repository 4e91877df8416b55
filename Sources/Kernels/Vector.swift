import CMachine
import KernelShapes

// The vectors under the tiles and the pooling. Selections are bit operations on a comparison's mask: the standard
// library's `replacing(with:where:)` splits wide vectors into narrow ones.

#if AVX512
  typealias Vector = SIMD16<Float>
  typealias Bits = SIMD16<Int32>
  typealias Bytes = SIMD16<UInt8>
#elseif AVX2
  typealias Vector = SIMD8<Float>
  typealias Bits = SIMD8<Int32>
  typealias Bytes = SIMD8<UInt8>
#else
  typealias Vector = SIMD4<Float>
  typealias Bits = SIMD4<Int32>
  typealias Bytes = SIMD4<UInt8>
#endif

/// Floats in a vector.
let lanes = Vector.scalarCount

@inline(__always)
func loadVector(_ source: Floats) -> Vector {
  UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
}

@inline(__always)
func storeVector(_ vector: Vector, _ target: MutableFloats) {
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

/// The largest of a 2×2 window's elements, rectified if asked for, and where it is: 0 to 3, rows before columns,
/// the first of equals. A NaN that is not the first element is passed over.
@inline(__always)
func largest(
  _ first: Vector, _ second: Vector, _ third: Vector, _ fourth: Vector, rectified: Bool
) -> (value: Vector, position: Bits) {
  var value = first
  var position = Bits()
  @inline(__always)
  func consider(_ other: Vector, _ index: Int32) {
    let isLarger = bits(other .> value)
    value = select(other, isLarger, else: value)
    position ^= (position ^ Bits(repeating: index)) & isLarger
  }
  consider(second, 1)
  consider(third, 2)
  consider(fourth, 3)
  return (rectified ? rectify(value) : value, position)
}

/// The average of a 2×2 window's elements, rectified if asked for: the columns' sums, the first column's first, times ¼;
/// and which elements let a gradient pass, those above zero or all if not rectified, as bits 0 to 3.
@inline(__always)
func average(
  _ first: Vector, _ second: Vector, _ third: Vector, _ fourth: Vector, rectified: Bool
) -> (value: Vector, passing: Bits) {
  if !rectified { return (vectorAverage(first, second, third, fourth), Bits(repeating: 15)) }
  let value = vectorAverage(
    vectorRectified(first), vectorRectified(second), vectorRectified(third), vectorRectified(fourth))
  return (value, vectorPassing(first, second, third, fourth))
}

/// The lanes of a vector whose bit of that number is set, +0 elsewhere.
@inline(__always)
func select(_ vector: Vector, _ passing: Bits, has index: Int) -> Vector {
  let bit = Bits(repeating: 1 &<< Int32(truncatingIfNeeded: index))
  return select(vector, bits((passing & bit) .== bit))
}

/// The lanes of a vector at whose position the index is, +0 elsewhere.
@inline(__always)
func select(_ vector: Vector, _ positions: Bits, is index: Int) -> Vector {
  select(vector, bits(positions .== Bits(repeating: Int32(truncatingIfNeeded: index))))
}

/// Writes a 2×2 window of zeros but for `gradient` at `position`.
@inline(__always)
func unpoolWindow(
  _ gradient: Vector, _ position: Bits, _ window: MutableFloats, _ rowStride: Int,
  _ columnStride: Int
) {
  for index in 0..<4 {
    storeVector(
      select(gradient, position, is: index), window + (index / 2) * rowStride + (index % 2) * columnStride)
  }
}

/// Positions as bytes.
@inline(__always)
func storePositions(_ positions: Bits, _ target: UnsafeMutablePointer<UInt8>) {
  UnsafeMutableRawPointer(target).storeBytes(of: vectorBytes(positions), as: Bytes.self)
}

@inline(__always)
func loadPositions(_ source: UnsafePointer<UInt8>) -> Bits {
  vectorNumbers(UnsafeRawPointer(source).loadUnaligned(as: Bytes.self))
}
