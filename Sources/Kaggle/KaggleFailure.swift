import Foundations

/// Why Kaggle's program failed, by what it printed, and what to do.
struct KaggleFailure {
  /// The status with which the program refuses arguments.
  static let usageStatus: Int32 = 2

  private let outcome: ChildProgram.Outcome
  private let program: KaggleProgram
  private let arguments: [String]

  init(_ outcome: ChildProgram.Outcome, of program: KaggleProgram, _ arguments: [String]) {
    self.outcome = outcome
    self.program = program
    self.arguments = arguments
  }

  /// The error to show.
  var error: KitError { KitError(.failure, message) }

  private var message: String {
    let (all, page) = (outcome.output + outcome.errors, "https://www.kaggle.com/competitions")
    func says(_ texts: String...) -> Bool { texts.contains(where: all.contains) }
    if let missing { return missing }
    if says("Authentication required", "Could not find kaggle.json", "401 - ", "Invalid credentials") {
      return """
        Kaggle rejects the login: there is no token, or it has expired. Log in with
          kaggle auth login
        or create a token at https://www.kaggle.com/settings/api and put it into ~/.kaggle/access_token
        """
    }
    if says("429 - ", "429 Client", "rate limited", "Too Many Requests", "Too many requests") {
      return "Kaggle's rate limit is reached (too many requests); wait some minutes, then try again"
    }
    if isRefused(all) {
      return """
        Kaggle refuses access: \(firstLine). Accept the competition's rules (once, on its page), then try again:
          \(page)/\(KaggleProgram.competition)/rules
        """
    }
    if says("Max retries exceeded", "NameResolutionError", "ConnectionError", "Connection refused")
      || says("Connection aborted", "ConnectTimeout", "ReadTimeout", "Read timed out", "ProxyError")
    {
      return "Kaggle can't be reached; check the network (and the proxy, if there is one), then try again"
    }
    if says("404 - ", "404 Client", "was not found", "Not found", "Could not find competition") {
      return
        "Kaggle found nothing there: \(firstLine). Check that \(page)/\(KaggleProgram.competition) still exists, and update "
        + "the program: \(pip("install --upgrade kaggle"))"
    }
    if says("problem on Kaggle's side", "500 Server", "502 Server", "503 Server") {
      return "Kaggle's servers have a problem (\(firstLine)); try again later"
    }
    if outcome.status == Self.usageStatus {
      return
        "\(program.path) is too old for this kit (\(lastLine)); update it: \(pip("install --upgrade kaggle"))"
    }
    if outcome.output.contains(KaggleProgram.uploadFailure)
      || outcome.errors.contains(KaggleProgram.uploadFailure)
    {
      return "the upload failed: \(lastLine); try again"
    }
    return
      "\(Self.shown(arguments)) failed (status \(outcome.status)): \(lines.suffix(3).joined(separator: "; "))"
  }

  private func isRefused(_ all: String) -> Bool {
    ["403 - ", "403 Client", "don't have access", "accept the competition rules", "was denied", "Forbidden"]
      .contains(
        where: all.contains)
  }

  /// The message for a program that lacks a Python module; nil if it does not.
  private var missing: String? {
    guard let line = lines.last(where: { $0.contains("ModuleNotFoundError") || $0.contains("ImportError") })
    else { return nil }
    let names = line.split(separator: "'", omittingEmptySubsequences: false)
    let name = names.count == 3 && line.contains("No module named") ? String(names[1]) : nil
    let remedy = name.map { "install what it lacks: \(pip("install \($0.split(separator: ".")[0])"))" }
    return
      "\(program.path) does not start: \(line); \(remedy ?? "install it again: \(pip("install --force-reinstall kaggle six"))")"
  }

  /// A call of `pip` for the Python that runs the program, which is named in its first line.
  private func pip(_ arguments: String) -> String {
    let bytes = (try? InputFile.firstBytes(256, ofFileAt: program.path)) ?? []
    let first = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    let interpreter =
      first.hasPrefix("#!/") && first.contains("python") ? String(first.dropFirst(2)) : "python3"
    return "\(interpreter) -m pip \(arguments)"
  }

  /// The lines that say something; those of standard error, or of output if there are none.
  private var lines: [String] {
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
    }
    let errors = lines(outcome.errors)
    return errors.isEmpty ? lines(outcome.output) : errors
  }

  private var firstLine: String { shortened(lines.first ?? "no reason given") }
  private var lastLine: String { shortened(lines.last ?? "no reason given") }

  private func shortened(_ text: String) -> String {
    // `kaggle competitions submit: error: unrecognized arguments`
    let reason = text.split(separator: ": error: ", maxSplits: 1).last.map(String.init) ?? text
    let text = reason.hasSuffix(".") ? String(reason.dropLast()) : reason
    return text.count > 300 ? text.prefix(300) + "…" : text
  }

  /// A call of the program as typed.
  static func shown(_ arguments: [String]) -> String {
    "kaggle \(arguments.map(quoted).joined(separator: " "))"
  }
}
