import Foundations

/// Changes inputs at random, so that they are nearly what a reader expects.
struct Mutator {
  /// Inputs to begin with.
  let corpus: [[UInt8]]
  /// Words that the reader knows.
  let words: [[UInt8]]
  /// The most bytes of an input.
  private let limit = 1 << 16

  /// An input: one of the corpus, changed once or a few times.
  func input(_ stream: inout RandomStream) -> [UInt8] {
    var bytes = corpus[stream.below(corpus.count)]
    for _ in 0...stream.below(4) { change(&bytes, &stream) }
    return Array(bytes.prefix(limit))
  }

  private func change(_ bytes: inout [UInt8], _ stream: inout RandomStream) {
    let place = stream.below(bytes.count + 1)
    guard place < bytes.count else { return bytes.append(UInt8(stream.below(256))) }
    // A few bytes more often than many.
    let end = min(bytes.count, place + 1 + stream.below(1 << stream.below(12)))
    switch stream.below(9) {
    case 0: bytes[place] ^= 1 << UInt8(stream.below(8))
    case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF, 0x2C, 0x0A, 0x22][stream.below(8)]
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 4: bytes.removeLast(bytes.count - place)
    case 5:
      let other = corpus[stream.below(corpus.count)]
      let start = stream.below(other.count + 1)
      bytes.replaceSubrange(place..<end, with: other[start..<min(other.count, start + end - place)])
    case 6: changeNumber(&bytes, from: place, &stream)
    default:
      guard !words.isEmpty else { return bytes[place] = UInt8(stream.below(256)) }
      let word = words[stream.below(words.count)]
      bytes.replaceSubrange(place..<(stream.below(2) == 0 ? place : end), with: word)
    }
  }

  /// Puts another number in the place of the next one that is written in digits.
  private func changeNumber(_ bytes: inout [UInt8], from place: Int, _ stream: inout RandomStream) {
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    let numbers = [
      "0", "1", "-1", "2", "255", "256", "1000", "65536", "4294967296", "9223372036854775807", "1e30",
    ]
    bytes.replaceSubrange(start..<end, with: numbers[stream.below(numbers.count)].utf8)
  }
}
