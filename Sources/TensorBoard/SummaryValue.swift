/// Something that TensorBoard shows under a tag; what stands before a tag's slash (`loss/validation`) is the group
/// that it is shown in.
public struct SummaryValue: Sendable {
  let message: Tensorflow_Summary.Value

  /// A point of a curve, kept as a `Float`. TensorBoard shows a value that is not finite, too.
  public static func scalar(_ tag: String, _ value: Double) -> SummaryValue {
    SummaryValue(tag, .simpleValue(Float(value)))
  }

  /// A picture: a whole PNG file and its size in pixels.
  public static func image(_ tag: String, png: [UInt8], width: Int, height: Int) -> SummaryValue {
    var image = Tensorflow_Summary.Image()
    image.width = Int32(clamping: width)
    image.height = Int32(clamping: height)
    image.encodedImageString = .init(png)
    return SummaryValue(tag, .image(image))
  }

  /// A text in Markdown.
  public static func text(_ tag: String, markdown: String) -> SummaryValue {
    // TensorBoard takes a scalar tensor of strings for a text if the text plugin is named beside it.
    var tensor = Tensorflow_TensorProto()
    tensor.dtype = .dtString
    tensor.tensorShape = .init()
    tensor.stringVal = [.init(markdown.utf8)]
    var value = SummaryValue(tag, .tensor(tensor)).message
    value.metadata.pluginData.pluginName = "text"
    return SummaryValue(message: value)
  }

  private init(message: Tensorflow_Summary.Value) {
    self.message = message
  }

  private init(_ tag: String, _ value: Tensorflow_Summary.Value.OneOf_Value) {
    var message = Tensorflow_Summary.Value()
    message.tag = tag
    message.value = value
    self.init(message: message)
  }
}
