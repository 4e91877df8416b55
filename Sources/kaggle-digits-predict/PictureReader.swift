import Ensembling
import Foundations
import Options
import Pictures
import Platform
import Reporting
import Scoring

/// Reads pictures: finds the digits and asks the ensemble.
struct PictureReader {
  let ensemble: Ensemble
  let doubt: Doubt
  /// Whether several digits are looked for.
  let many: Bool
  /// Whether the answers are for a page, which shows the pictures and where the networks look.
  let forPage: Bool

  /// The answer to a picture by its path. A picture that can't be read is an answer, too, so that the others get theirs.
  ///
  /// - Throws: What is not the picture's fault, such as diverged weights.
  func answer(to name: String) throws(KitError) -> PictureAnswer {
    let picture: Picture
    do throws(KitError) {
      picture = try name == Inputs.standardInput ? standardInput() : Picture(at: name)
    } catch {
      return PictureAnswer(name: name, preview: nil, state: .refused(error))
    }
    let preview = forPage ? PicturePage.Preview(of: picture) : nil
    switch finding(in: picture) {
    case .noInk: return PictureAnswer(name: name, preview: preview, state: .noInk)
    case .moreThanOneDigit(let parts):
      return PictureAnswer(name: name, preview: preview, state: .moreThanOneDigit(parts))
    case .digits(let found):
      return PictureAnswer(name: name, preview: preview, state: .digits(try digits(found)))
    }
  }

  /// What is found in a picture. A picture of the networks' size is taken as it is, unless it shows digits, which are looked
  /// for.
  private func finding(in picture: Picture) -> Finding {
    if !ensemble.classes.areDigits, let whole = FoundDigit(whole: picture) { return .digits([whole]) }
    return DigitFinder.find(in: picture, many: many)
  }

  private func digits(_ found: [FoundDigit]) throws(KitError) -> [DigitAnswer] {
    let predictions = try ensemble.predict(found.flatMap(\.image))
    var answers: [DigitAnswer] = []
    for (index, digit) in found.enumerated() {
      let places = index * predictions.classes..<(index + 1) * predictions.classes
      answers.append(
        DigitAnswer(
          found: digit, classes: ensemble.classes, probabilities: Array(predictions.probabilities[places]),
          digit: Int(predictions.labels[index]), threshold: doubt.threshold,
          members: predictions.opinions.map { opinion in
            (
              name: ensemble.members[opinion.member].path, digit: Int(opinion.answers[index]),
              probabilities: Array(opinion.probabilities[places])
            )
          },
          occlusion: forPage ? try ensemble.occlusionMap(of: digit.image) : nil))
    }
    return answers
  }

  private func standardInput() throws(KitError) -> Picture {
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while bytes.count <= Picture.mostBytes {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count == 0 { return try Picture(file: bytes, named: "standard input") }
      if count < 0 {
        if errno == EINTR {
          try StopRequest.check(while: "reading standard input")
          continue
        }
        throw KitError(.missingInput, "standard input can't be read: \(systemMessage(errno))")
      }
      bytes += buffer[..<count]
    }
    throw KitError(
      .badData, "standard input is larger than \(grouped(Picture.mostBytes)) bytes, the most for a picture")
  }
}
