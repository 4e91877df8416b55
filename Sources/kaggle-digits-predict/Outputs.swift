import Ensembling
import Foundations
import Options
import Pictures
import Reporting

/// What the command writes beside its answer: the images that the networks see, and a page.
struct Outputs {
  private let folder: String?
  private let page: WholeFile?
  private let force: Bool
  private let pictures: [String]
  private let inputs: Inputs

  /// Makes sure, before anything is computed, that the outputs are no inputs and can be written.
  init(save: String?, html: String?, of inputs: Inputs, force: Bool) throws(KitError) {
    self.force = force
    self.inputs = inputs
    pictures = inputs.pictures
    if let html {
      try requireOwnFiles(
        [(OutputFile("--html", html), "a page", ".html")], sources: inputs.sources, files: pictures, data: nil
      )
    }
    page = try html.map { path throws(KitError) in try WholeFile(at: path, replacing: force) }
    folder = save.map(withoutFinalSlash)
    if let folder { try makeFolders(folder) }
  }

  /// Writes the digits of a picture, `NAME.png` or `NAME-1.png`, `NAME-2.png`, … for several.
  func save(_ answer: PictureAnswer) throws(KitError) {
    guard let folder, !answer.digits.isEmpty else { return }
    let name = stem(of: answer.name)
    for (number, digit) in answer.digits.enumerated() {
      let path = "\(folder)/\(name)\(answer.digits.count == 1 ? "" : "-\(number + 1)").png"
      try requireOwnFiles([OutputFile("--save", path)], inputs: pictures)
      let side = FoundDigit.side
      try WholeFile.write(
        PNG.grey(width: side, height: side, pixels: digit.found.image), to: path, replacing: force)
    }
  }

  /// Writes the page, if it was asked for.
  func writePage(of answers: [PictureAnswer], by ensemble: Ensemble) throws(KitError) {
    guard let page else { return }
    let shown = answers.map { answer in
      PicturePage.Entry(
        name: answer.name, preview: answer.preview, text: text(of: answer),
        digits: answer.digits.map { digit in
          PicturePage.Digit(
            digit: digit.found, heading: digit.text, probabilities: digit.probabilities,
            members: digit.members.count > 1
              ? "members: " + digit.members.map { digit.classes.name($0.digit) }.joined(separator: " ") : nil,
            occlusion: digit.occlusion)
        })
    }
    try page.write(
      PicturePage(
        entries: shown, facts: ensemble.facts, sources: ensemble.sources, classes: ensemble.classes
      ).html)
    try page.commit()
  }

  /// What was written, for the user.
  var notes: [String] {
    var notes: [String] = []
    if let folder { notes.append("images: \(folder)/ (what the networks see)") }
    if let page { notes.append("page: \(page.path) (open in a browser)") }
    return notes
  }

  private func text(of answer: PictureAnswer) -> String {
    if let refusal = answer.refusal { return refusal.message }
    return answer.lines.first.map { String($0.dropFirst(answer.name.count + 2)) } ?? ""
  }

  /// A picture's name without folder and ending; pictures of one name are told apart by their place among them.
  private func stem(of name: String) -> String {
    func plain(_ name: String) -> String {
      if name == Inputs.standardInput { return "picture" }
      let last = lastName(name)
      return last.lastIndex(of: ".").map { $0 > last.startIndex ? String(last[..<$0]) : last } ?? last
    }
    let own = plain(name)
    let same = pictures.filter { plain($0) == own }
    guard same.count > 1, let place = same.firstIndex(of: name) else { return own }
    return "\(own).\(place + 1)"
  }
}
