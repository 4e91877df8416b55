/// A scalar, picture or text that TensorBoard shows under a tag. The part of a tag before its slash (`loss/validation`) is
/// the group that it is shown in.
public struct SummaryValue: Sendable {
  let message: Tensorflow_Summary.Value

  /// A point of a curve, stored as a `Float`. TensorBoard also shows values that are not finite.
  public static func scalar(_ tag: String, _ value: Double) -> SummaryValue {
    SummaryValue(tag, .simpleValue(Float(value)))
  }

  /// A picture: the bytes of a PNG file, and its width and height in pixels.
  public static func image(_ tag: String, png: [UInt8], width: Int, height: Int) -> SummaryValue {
    var image = Tensorflow_Summary.Image()
    image.width = Int32(clamping: width)
    image.height = Int32(clamping: height)
    image.encodedImageString = .init(png)
    return SummaryValue(tag, .image(image))
  }

  /// A text in Markdown.
  public static func text(_ tag: String, markdown: String) -> SummaryValue {
    // TensorBoard shows a scalar tensor of strings as text if the metadata names the text plugin.
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
