import Compute
import KernelShapes

enum ConvolutionTwin {
  static func forward(
    _ shape: ConvolutionShape, _ images: Int, _ input: Floats, _ weights: Floats, _ bias: Floats,
    _ output: MutableFloats, _ rectified: Bool
  ) {
    for image in 0..<images {
      for row in 0..<shape.outputRows {
        for column in 0..<shape.outputColumns {
          for channel in 0..<shape.outputPixelStride {
            var sum = bias[channel]
            for kernelRow in 0..<shape.kernelRows {
              for kernelColumn in 0..<shape.kernelColumns {
                for inputChannel in 0..<shape.inputChannels {
                  let value = input[
                    inputIndex(shape, image, row, column, kernelRow, kernelColumn) + inputChannel]
                  let weight = weights[weightIndex(shape, kernelRow, kernelColumn, inputChannel) + channel]
                  sum = sum.addingProduct(value, weight)
                }
              }
            }
            output[outputIndex(shape, image, row, column) + channel] = rectified && sum < 0 ? 0 : sum
          }
        }
      }
    }
  }

  static func pooledForward(
    _ shape: ConvolutionShape, _ mapImageStride: Int, _ images: Int, _ input: Floats, _ weights: Floats,
    _ bias: Floats, _ output: MutableFloats, _ positions: UnsafeMutablePointer<UInt8>, _ rectified: Bool,
    _ averages: Bool
  ) {
    let sums = AlignedBuffer(count: images * shape.outputImageStride)
    if averages {
      forward(shape, images, input, weights, bias, sums.pointer, rectified)
      PoolingTwin.averageForward(pooling(shape, mapImageStride), images, sums.pointer, output)
      PoolingTwin.passing(pooling(shape, mapImageStride), images, sums.pointer, positions, rectified)
      return
    }
    forward(shape, images, input, weights, bias, sums.pointer, false)
    PoolingTwin.maxForward(pooling(shape, mapImageStride), images, sums.pointer, output, positions)
    let channels = shape.outputPixelStride
    for image in 0..<images where rectified {
      for index in 0..<shape.outputRows / 2 * (shape.outputColumns / 2) * channels {
        let place = image * mapImageStride + index
        output[place] = output[place] < 0 ? 0 : output[place]
      }
    }
  }

  static func pooledWeightGradient(
    _ shape: ConvolutionShape, _ mapImageStride: Int, _ images: Int, _ input: Floats,
    _ outputGradient: Floats,
    _ positions: UnsafePointer<UInt8>, _ weightGradient: MutableFloats, _ averages: Bool
  ) {
    let gradients = AlignedBuffer(count: images * shape.outputImageStride)
    let unpool = averages ? PoolingTwin.averagedGradient : PoolingTwin.maxBackward
    unpool(pooling(shape, mapImageStride), images, positions, outputGradient, gradients.pointer)
    for kernelRow in 0..<shape.kernelRows {
      for kernelColumn in 0..<shape.kernelColumns {
        for channel in 0..<shape.outputPixelStride {
          var sum: Float = 0
          for image in 0..<images {
            for windowRow in 0..<shape.outputRows / 2 {
              for windowColumn in 0..<shape.outputColumns / 2 {
                for element in 0..<4 {
                  let (row, column) = (2 * windowRow + element / 2, 2 * windowColumn + element % 2)
                  sum = sum.addingProduct(
                    input[inputIndex(shape, image, row, column, kernelRow, kernelColumn)],
                    gradients.pointer[outputIndex(shape, image, row, column) + channel])
                }
              }
            }
          }
          weightGradient[weightIndex(shape, kernelRow, kernelColumn, 0) + channel] = sum
        }
      }
    }
  }

  private static func pooling(_ shape: ConvolutionShape, _ mapImageStride: Int) -> PoolingShape {
    PoolingShape(
      size: 2, inputRows: shape.outputRows, inputColumns: shape.outputColumns,
      inputImageStride: shape.outputImageStride, outputRows: shape.outputRows / 2,
      outputColumns: shape.outputColumns / 2, outputImageStride: mapImageStride,
      pixelStride: shape.outputPixelStride)
  }

  /// The twin's strips are the rows as they stand.
  static func strips(
    _ rows: Int, _ columns: Int, _ first: Int, _ count: Int, _ weights: Floats, _ strips: MutableFloats
  ) {
    for index in first * columns..<(first + count) * columns { strips[index] = weights[index] }
  }

  static func transpose(
    _ shape: ConvolutionShape, _ gradientPixelStride: Int, _ weights: Floats, _ transposed: MutableFloats,
    _ inStrips: Bool
  ) {
    if inStrips && shape.pairsColumns { return transposePairs(shape, weights, transposed) }
    for position in 0..<shape.kernelRows * shape.kernelColumns {
      for input in 0..<shape.inputChannels {
        for output in 0..<shape.outputChannels {
          transposed[(position * shape.outputChannels + output) * gradientPixelStride + input] =
            weights[(position * shape.inputChannels + input) * shape.outputPixelStride + output]
        }
      }
    }
  }

  static func inputGradient(
    _ shape: ConvolutionShape, _ images: Int, _ gradientPixelStride: Int, _ outputGradient: Floats,
    _ transposed: Floats, _ inputGradient: MutableFloats
  ) {
    if shape.pairsColumns { return pairGradient(shape, images, outputGradient, transposed, inputGradient) }
    for image in 0..<images {
      for row in 0..<shape.inputRows {
        for column in 0..<shape.inputColumns {
          for channel in 0..<gradientPixelStride {
            var sum: Float = 0
            for kernelRow in 0..<shape.kernelRows {
              for kernelColumn in 0..<shape.kernelColumns {
                // The window whose product with this kernel position is this element, if there is one.
                let (windowRow, restRow) = (row + shape.paddingTop - kernelRow)
                  .quotientAndRemainder(dividingBy: shape.stride)
                let (windowColumn, restColumn) = (column + shape.paddingLeft - kernelColumn)
                  .quotientAndRemainder(dividingBy: shape.stride)
                if restRow != 0 || windowRow < 0 || windowRow >= shape.outputRows { continue }
                if restColumn != 0 || windowColumn < 0 || windowColumn >= shape.outputColumns { continue }
                let position = kernelRow * shape.kernelColumns + kernelColumn
                for output in 0..<shape.outputChannels {
                  let gradient = outputGradient[outputIndex(shape, image, windowRow, windowColumn) + output]
                  let weight = transposed[
                    (position * shape.outputChannels + output) * gradientPixelStride + channel]
                  sum = sum.addingProduct(gradient, weight)
                }
              }
            }
            inputGradient[
              image * shape.gradientImageStride + (row * shape.inputColumns + column) * gradientPixelStride
                + channel] = sum
          }
        }
      }
    }
  }

  /// Where a pair's weights stand: for its first or second column, offsets 0…kernel columns.
  private static func pairIndex(
    _ shape: ConvolutionShape, _ kernelRow: Int, _ offset: Int, _ output: Int, second: Bool
  ) -> Int {
    ((kernelRow * (shape.kernelColumns + 1) + offset) * shape.outputChannels + output) * 16 + (second ? 8 : 0)
  }

  private static func transposePairs(
    _ shape: ConvolutionShape, _ weights: Floats, _ transposed: MutableFloats
  ) {
    for kernelRow in 0..<shape.kernelRows {
      for kernelColumn in 0..<shape.kernelColumns {
        for input in 0..<shape.inputChannels {
          for output in 0..<shape.outputChannels {
            let weight = weights[weightIndex(shape, kernelRow, kernelColumn, input) + output]
            transposed[pairIndex(shape, kernelRow, kernelColumn + 1, output, second: false) + input] = weight
            transposed[pairIndex(shape, kernelRow, kernelColumn, output, second: true) + input] = weight
          }
        }
      }
    }
  }

  private static func pairGradient(
    _ shape: ConvolutionShape, _ images: Int, _ outputGradient: Floats, _ transposed: Floats,
    _ inputGradient: MutableFloats
  ) {
    for image in 0..<images {
      for row in 0..<shape.inputRows {
        for column in 0..<shape.inputColumns {
          for channel in 0..<16 {
            var sum: Float = 0
            for kernelRow in 0..<shape.kernelRows where channel < 8 {
              for offset in 0...shape.kernelColumns {
                let windowRow = row + shape.paddingTop - kernelRow
                let windowColumn = column / 2 * 2 + shape.paddingLeft + 1 - offset
                if windowRow < 0 || windowRow >= shape.outputRows { continue }
                if windowColumn < 0 || windowColumn >= shape.outputColumns { continue }
                for output in 0..<shape.outputChannels {
                  let weight = pairIndex(shape, kernelRow, offset, output, second: column % 2 == 1) + channel
                  let gradient = outputIndex(shape, image, windowRow, windowColumn) + output
                  sum = sum.addingProduct(outputGradient[gradient], transposed[weight])
                }
              }
            }
            inputGradient[
              image * shape.gradientImageStride + (row * shape.inputColumns + column) * 16 + channel] = sum
          }
        }
      }
    }
  }

  static func weightGradient(
    _ shape: ConvolutionShape, _ images: Int, _ input: Floats, _ outputGradient: Floats,
    _ weightGradient: MutableFloats, _ continues: Bool
  ) {
    for kernelRow in 0..<shape.kernelRows {
      for kernelColumn in 0..<shape.kernelColumns {
        for inputChannel in 0..<shape.inputChannels {
          for channel in 0..<shape.outputPixelStride {
            let index = weightIndex(shape, kernelRow, kernelColumn, inputChannel) + channel
            var sum = continues ? weightGradient[index] : 0
            for image in 0..<images {
              for row in 0..<shape.outputRows {
                for column in 0..<shape.outputColumns {
                  let value = input[
                    inputIndex(shape, image, row, column, kernelRow, kernelColumn) + inputChannel]
                  sum = sum.addingProduct(
                    value, outputGradient[outputIndex(shape, image, row, column) + channel])
                }
              }
            }
            weightGradient[index] = sum
          }
        }
      }
    }
  }

  static func denseWeightGradient(
    _ rows: Int, _ images: Int, _ columns: Int, _ inputs: Floats, _ inputStride: Int,
    _ outputGradient: Floats,
    _ gradientStride: Int, _ weightGradient: MutableFloats
  ) {
    for row in 0..<rows {
      for column in 0..<columns {
        weightGradient[row * columns + column] = (0..<images).reduce(Float(0)) { sum, image in
          sum.addingProduct(
            inputs[image * inputStride + row], outputGradient[image * gradientStride + column])
        }
      }
    }
  }

  /// The pixel of the input's frame that a window's kernel position reads.
  private static func inputIndex(
    _ shape: ConvolutionShape, _ image: Int, _ row: Int, _ column: Int, _ kernelRow: Int, _ kernelColumn: Int
  ) -> Int {
    let frameRow = row * shape.stride + kernelRow
    let frameColumn = column * shape.stride + kernelColumn
    return image * shape.inputImageStride + (frameRow * shape.frameColumns + frameColumn)
      * shape.inputPixelStride
  }

  private static func outputIndex(_ shape: ConvolutionShape, _ image: Int, _ row: Int, _ column: Int) -> Int {
    image * shape.outputImageStride + (row * shape.outputColumns + column) * shape.outputPixelStride
  }

  private static func weightIndex(
    _ shape: ConvolutionShape, _ kernelRow: Int, _ kernelColumn: Int, _ inputChannel: Int
  ) -> Int {
    ((kernelRow * shape.kernelColumns + kernelColumn) * shape.inputChannels + inputChannel)
      * shape.outputPixelStride
  }
}
