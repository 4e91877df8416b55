import KernelShapes

// Loops over neighbouring floats; each element is independent, so the compiler vectorizes them as it likes.

extension Level {
  /// sum += addend.
  func addInPlace(_ operands: AddInPlace) {
    let (sum, addend) = (operands.sum, operands.addend)
    for index in 0..<operands.count { sum[index] += addend[index] }
  }

  /// average ← average + share · (value - average), the last two in one fused multiply-add.
  func moveTowards(_ operands: MoveTowards) {
    let (share, value, average) = (operands.share, operands.value, operands.average)
    for index in 0..<operands.count {
      average[index] = average[index].addingProduct(share, value[index] - average[index])
    }
  }

  /// result = pixel / 255.
  func scalePixels(_ operands: ScalePixels) {
    let (pixels, result) = (operands.pixels, operands.result)
    for index in 0..<operands.count { result[index] = Float(pixels[index]) / 255 }
  }
}
