/// factors = 0 for a dropped element, `scale` for a kept one: an image's mask of `groups` times 64 elements.
///
/// Element 64·g + 16·w + l is kept if word w of Philox4x32-10 at counter (16·g + l, `image`, `epoch`, `purpose`) is
/// at least `threshold`. (The same function as `Philox.words` in Foundations, 16 counters side by side; the kernels
/// import nothing.)
public func dropoutFactors(
  _ groups: Int, _ key0: UInt32, _ key1: UInt32, _ image: UInt32, _ epoch: UInt32, _ purpose: UInt32,
  _ threshold: UInt32, _ scale: Float, _ factors: UnsafeMutablePointer<Float>
) {
  for group in 0..<groups {
    let target = factors + 64 * group
    for lane in 0..<16 {
      var x0 = UInt32(truncatingIfNeeded: 16 &* group &+ lane)
      var x1 = image
      var x2 = epoch
      var x3 = purpose
      var k0 = key0
      var k1 = key1
      for _ in 0..<10 {
        let p0 = UInt64(x0) &* 0xD251_1F53
        let p1 = UInt64(x2) &* 0xCD9E_8D57
        x0 = UInt32(truncatingIfNeeded: p1 &>> 32) ^ x1 ^ k0
        x1 = UInt32(truncatingIfNeeded: p1)
        x2 = UInt32(truncatingIfNeeded: p0 &>> 32) ^ x3 ^ k1
        x3 = UInt32(truncatingIfNeeded: p0)
        k0 &+= 0x9E37_79B9
        k1 &+= 0xBB67_AE85
      }
      target[lane] = x0 >= threshold ? scale : 0
      target[lane + 16] = x1 >= threshold ? scale : 0
      target[lane + 32] = x2 >= threshold ? scale : 0
      target[lane + 48] = x3 >= threshold ? scale : 0
    }
  }
}
