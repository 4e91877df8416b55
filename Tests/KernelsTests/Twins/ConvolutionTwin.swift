import Compute

extension ScalarTwin {
  func convolutionForward(_ operands: ConvolutionForward) {
    let shape = operands.shape
    for image in 0..<operands.images {
      for row in 0..<shape.outputRows {
        for column in 0..<shape.outputColumns {
          for channel in 0..<shape.outputPixelStride {
            var sum = operands.bias[channel]
            for kernelRow in 0..<shape.kernelRows {
              for kernelColumn in 0..<shape.kernelColumns {
                let input = shape.inputIndex(image, row, column, kernelRow, kernelColumn)
                let weight = shape.weightIndex(kernelRow, kernelColumn, 0) + channel
                for inputChannel in 0..<shape.inputChannels {
                  sum = sum.addingProduct(
                    operands.input[input + inputChannel],
                    operands.weights[weight + inputChannel * shape.outputPixelStride])
                }
              }
            }
            operands.output[shape.outputIndex(image, row, column) + channel] =
              operands.activation == .relu && sum < 0 ? 0 : sum
          }
        }
      }
    }
  }

  func pooledConvolutionForward(_ operands: PooledConvolutionForward) {
    let (shape, images) = (operands.shape, operands.images)
    let pooling = shape.pooling(mapImageStride: operands.mapImageStride)
    let sums = AlignedBuffer(count: images * shape.outputImageStride)
    func computeSums(_ activation: Activation) {
      convolutionForward(
        ConvolutionForward(
          shape: shape, images: images, input: operands.input, weights: operands.weights,
          bias: operands.bias, output: sums.pointer, activation: activation))
    }
    switch operands.pooling {
    case .average:
      computeSums(operands.activation)
      averagePoolingForward(
        AveragePoolingForward(shape: pooling, images: images, input: sums.pointer, output: operands.map))
      passing(pooling, images, sums.pointer, operands.positions, operands.activation)
    case .maximum:
      computeSums(.linear)
      maxPoolingForward(
        MaxPoolingForward(
          shape: pooling, images: images, input: sums.pointer, output: operands.map,
          positions: operands.positions))
      for image in 0..<images where operands.activation == .relu {
        for index in 0..<pooling.outputRows * pooling.outputColumns * shape.outputPixelStride {
          let place = image * operands.mapImageStride + index
          operands.map[place] = operands.map[place] < 0 ? 0 : operands.map[place]
        }
      }
    }
  }

  func pooledConvolutionWeightGradient(_ operands: PooledConvolutionWeightGradient) {
    let shape = operands.shape
    let gradients = AlignedBuffer(count: operands.images * shape.outputImageStride)
    let windows = WindowGradient(
      shape: shape.pooling(mapImageStride: operands.mapImageStride), images: operands.images,
      positions: operands.positions, outputGradient: operands.mapGradient, inputGradient: gradients.pointer)
    switch operands.pooling {
    case .maximum: maxPoolingBackward(windows)
    case .average: passedGradient(windows)
    }
    for kernelRow in 0..<shape.kernelRows {
      for kernelColumn in 0..<shape.kernelColumns {
        for channel in 0..<shape.outputPixelStride {
          var sum: Float = 0
          for image in 0..<operands.images {
            for windowRow in 0..<shape.outputRows / 2 {
              for windowColumn in 0..<shape.outputColumns / 2 {
                for element in 0..<4 {
                  let (row, column) = (2 * windowRow + element / 2, 2 * windowColumn + element % 2)
                  sum = sum.addingProduct(
                    operands.input[shape.inputIndex(image, row, column, kernelRow, kernelColumn)],
                    gradients.pointer[shape.outputIndex(image, row, column) + channel])
                }
              }
            }
          }
          operands.weightGradient[shape.weightIndex(kernelRow, kernelColumn, 0) + channel] = sum
        }
      }
    }
  }

  /// The twin's strips are the rows as they are.
  func stripWeights(_ operands: StripWeights) {
    let first = operands.firstRow * operands.columns
    for index in first..<first + operands.rowCount * operands.columns {
      operands.strips[index] = operands.weights[index]
    }
  }

  /// And so are its transposed weights, whether in strips or not.
  func transposeWeights(_ operands: TransposeWeights) {
    for kernelRow in 0..<operands.kernelRows {
      for kernelColumn in 0..<operands.kernelColumns {
        let position = kernelRow * operands.kernelColumns + kernelColumn
        for input in 0..<operands.inputChannels {
          for output in 0..<operands.outputChannels {
            let weight = operands.weights[
              (position * operands.inputChannels + input) * operands.weightStride + output]
            guard operands.layout == .pairs else {
              let row = position * operands.outputChannels + output
              operands.transposed[row * operands.transposedStride + input] = weight
              continue
            }
            func pair(_ offset: Int) -> Int {
              pairIndex(operands.kernelColumns, operands.outputChannels, kernelRow, offset, output)
            }
            operands.transposed[pair(kernelColumn + 1) + input] = weight
            operands.transposed[pair(kernelColumn) + 8 + input] = weight
          }
        }
      }
    }
  }

  /// Where the weights of a pair's first column are, at an offset from 0 to the kernel's columns; those of its second one
  /// are eight floats further on.
  private func pairIndex(
    _ kernelColumns: Int, _ outputChannels: Int, _ kernelRow: Int, _ offset: Int, _ output: Int
  ) -> Int {
    ((kernelRow * (kernelColumns + 1) + offset) * outputChannels + output) * 16
  }

  func convolutionInputGradient(_ operands: ConvolutionInputGradient) {
    let shape = operands.shape
    if operands.layout == .pairs { return pairGradient(operands) }
    for image in 0..<operands.images {
      for row in 0..<shape.inputRows {
        for column in 0..<shape.inputColumns {
          for channel in 0..<shape.inputPixelStride {
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
                let gradient = shape.outputIndex(image, windowRow, windowColumn)
                for output in 0..<shape.outputChannels {
                  let weight = operands.transposed[
                    (position * shape.outputChannels + output) * shape.inputPixelStride + channel]
                  sum = sum.addingProduct(operands.outputGradient[gradient + output], weight)
                }
              }
            }
            operands.inputGradient[shape.gradientIndex(image, row, column) + channel] = sum
          }
        }
      }
    }
  }

  private func pairGradient(_ operands: ConvolutionInputGradient) {
    let shape = operands.shape
    for image in 0..<operands.images {
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
                let gradient = shape.outputIndex(image, windowRow, windowColumn)
                for output in 0..<shape.outputChannels {
                  let pair = pairIndex(
                    shape.kernelColumns, shape.outputChannels, kernelRow, offset, output)
                  sum = sum.addingProduct(
                    operands.outputGradient[gradient + output],
                    operands.transposed[pair + (column % 2 == 1 ? 8 : 0) + channel])
                }
              }
            }
            operands.inputGradient[shape.gradientIndex(image, row, column) + channel] = sum
          }
        }
      }
    }
  }

  func convolutionWeightGradient(_ operands: ConvolutionWeightGradient) {
    let shape = operands.shape
    for kernelRow in 0..<shape.kernelRows {
      for kernelColumn in 0..<shape.kernelColumns {
        for inputChannel in 0..<shape.inputChannels {
          for channel in 0..<shape.outputPixelStride {
            let index = shape.weightIndex(kernelRow, kernelColumn, inputChannel) + channel
            var sum = operands.accumulation == .continuing ? operands.weightGradient[index] : 0
            for image in 0..<operands.images {
              for row in 0..<shape.outputRows {
                for column in 0..<shape.outputColumns {
                  let value = operands.input[
                    shape.inputIndex(image, row, column, kernelRow, kernelColumn) + inputChannel]
                  sum = sum.addingProduct(
                    value, operands.outputGradient[shape.outputIndex(image, row, column) + channel])
                }
              }
            }
            operands.weightGradient[index] = sum
          }
        }
      }
    }
  }

  func denseWeightGradient(_ operands: DenseWeightGradient) {
    for row in 0..<operands.rows {
      for column in 0..<operands.columns {
        operands.weightGradient[row * operands.columns + column] = (0..<operands.images).reduce(Float(0)) {
          sum, image in
          sum.addingProduct(
            operands.inputs[image * operands.inputStride + row],
            operands.outputGradient[image * operands.outputStride + column])
        }
      }
    }
  }
}

extension ConvolutionShape {
  /// The pixel of the input's frame that a window's kernel position reads.
  fileprivate func inputIndex(
    _ image: Int, _ row: Int, _ column: Int, _ kernelRow: Int, _ kernelColumn: Int
  ) -> Int {
    let (frameRow, frameColumn) = (row * stride + kernelRow, column * stride + kernelColumn)
    return image * inputImageStride + (frameRow * frameColumns + frameColumn) * inputPixelStride
  }

  fileprivate func outputIndex(_ image: Int, _ row: Int, _ column: Int) -> Int {
    image * outputImageStride + (row * outputColumns + column) * outputPixelStride
  }

  fileprivate func gradientIndex(_ image: Int, _ row: Int, _ column: Int) -> Int {
    image * gradientImageStride + (row * inputColumns + column) * inputPixelStride
  }

  fileprivate func weightIndex(_ kernelRow: Int, _ kernelColumn: Int, _ inputChannel: Int) -> Int {
    ((kernelRow * kernelColumns + kernelColumn) * inputChannels + inputChannel) * outputPixelStride
  }

  /// The 2×2 pooling of the output.
  fileprivate func pooling(mapImageStride: Int) -> PoolingShape {
    PoolingShape(
      size: 2, inputRows: outputRows, inputColumns: outputColumns, inputImageStride: outputImageStride,
      outputRows: outputRows / 2, outputColumns: outputColumns / 2, outputImageStride: mapImageStride,
      pixelStride: outputPixelStride)
  }
}
