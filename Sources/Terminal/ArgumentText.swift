import Foundations
import Platform

/// Refuses (`usage`) an argument, or an environment variable of the kit, that is not UTF-8 text.
///
/// Swift's strings would hold another name than the bytes say, so that a file would not be found, or be written elsewhere.
public func requireTextArguments() throws(KitError) {
  for number in 0..<Int(CommandLine.argc) {
    guard let argument = CommandLine.unsafeArgv[number] else { continue }
    try requireText(argument, "argument \(number)")
  }
  guard var place = environmentVector() else { return }
  while let variable = place.pointee {
    if strncmp(variable, kitVariables, strlen(kitVariables)) == 0 {
      try requireText(variable, "an environment variable")
    }
    place += 1
  }
}

/// What the names of the kit's environment variables begin with.
private let kitVariables = "KAGGLE_DIGITS_"

private func requireText(_ bytes: UnsafePointer<CChar>, _ place: String) throws(KitError) {
  guard String(validatingCString: bytes) == nil else { return }
  throw KitError(
    .usage,
    "\(place) is not UTF-8 text: \(shown(bytes)); rename the file or folder, or give it a link with another name"
  )
}

/// The bytes with those outside ASCII as `\xE9`.
private func shown(_ bytes: UnsafePointer<CChar>) -> String {
  var text = ""
  for byte in UnsafeBufferPointer(start: bytes, count: strlen(bytes)).map(UInt8.init(bitPattern:)) {
    text += byte < 0x80 ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16, uppercase: true)
  }
  return text
}
