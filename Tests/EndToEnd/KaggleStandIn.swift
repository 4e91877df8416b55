import Foundation
import TestSupport
import Testing

/// A stand-in for Kaggle's program: a script called `kaggle` in a folder of its own, which is first on the path.
///
/// It knows the subcommands that the kit calls. What they print is in files of the folder, so that a test decides it; each
/// call is a line of `calls`.
struct KaggleStandIn {
  /// The folder of its files.
  let folder: String

  /// A stand-in in a folder that is there: nothing was submitted, five submissions are left, uploads get a score.
  init(in folder: String) throws {
    self.folder = "\(folder)/stand-in"
    try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
    try write("No submissions found", to: "\(self.folder)/submissions")
    try write("{\"numToday\": 1, \"numTotal\": 7, \"numAllowedNow\": 5}", to: "\(self.folder)/limits")
    try script(
      """
      case "$2" in
      download) cp "$folder/archive.zip" "$6/digit-recognizer.zip" ;;
      submissions) cat "$folder/submissions" ;;
      submission) printf 'Submission Ref:  4242\\nError:           Submission has null values\\n' ;;
      submission-limits) cat "$folder/limits" ;;
      submit)
        \(Self.arrive)
        echo 'Submission ref: 4242'
        echo '4 submissions remaining today.'
        echo 'Submission scored. Public score: 0.99757'
        printf 'Successfully submitted to Digit Recognizer' ;;
      esac
      """)
  }

  /// What `submit` does when Kaggle gets the file: from then on it is in the list.
  static let arrive = list(status: "COMPLETE", score: "0.99757")

  /// The same of a submission in some state.
  static func list(status: String, score: String) -> String {
    """
    cp "$6" "$folder/uploaded"
    printf '[{"ref": 4242, "fileName": "a.csv", "date": "2026-11-27T10:00:00", "description": "%s", "status": \
    "SubmissionStatus.\(status)", "publicScore": "\(score)", "privateScore": ""}]' "${7#--message=}" > "$folder/submissions"
    """
  }

  /// Makes the program do something else.
  func script(_ body: String) throws {
    let path = "\(folder)/kaggle"
    try write("#!/bin/sh\nfolder='\(folder)'\necho \"$*\" >> \"$folder/calls\"\n\(body)\n", to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  /// Makes `submit` do something else.
  func submit(_ body: String) throws {
    try script(
      """
      case "$2" in
      submissions) cat "$folder/submissions" ;;
      submission) printf 'Submission Ref:  4242\\nError:           Submission has null values\\n' ;;
      submission-limits) cat "$folder/limits" ;;
      submit)
        \(body) ;;
      esac
      """)
  }

  /// The environment in which the kit finds it.
  var environment: [String: String?] { ["PATH": "\(folder):/usr/bin:/bin"] }

  /// How often a subcommand was called.
  func calls(of name: String) -> Int {
    let lines = ((try? text("\(folder)/calls")) ?? "").components(separatedBy: "\n")
    return lines.count { $0.hasPrefix("competitions \(name) ") }
  }
}

/// A submission as Kaggle takes it, of 28,000 rows.
func writeSubmission(to path: String, first label: Int = 7) throws {
  let rows = (1...28_000).map { "\($0),\($0 == 1 ? label : $0 % 10)\n" }
  try write("ImageId,Label\n" + rows.joined(), to: path)
}

/// A failure of Kaggle's program, as version 2.2.5 words it, with what the kit says.
struct KaggleFault: CustomTestStringConvertible {
  let name: String
  var output = ""
  var errors = ""
  var status = 1
  let says: [String]

  var testDescription: String { name }

  /// The script that fails so.
  var script: String {
    "cat <<'EOF'\n\(output)\nEOF\ncat >&2 <<'EOF'\n\(errors)\nEOF\nexit \(status)"
  }

  static let all = [
    KaggleFault(
      name: "a module is missing",
      errors:
        "Traceback (most recent call last):\n  File \"kaggle\"\nModuleNotFoundError: No module named 'six'",
      says: ["does not start", "-m pip install six"]),
    KaggleFault(
      name: "no token",
      output: "Authentication required to call the Kaggle API.\n\nFirst, you will need a Kaggle account.",
      says: ["kaggle auth login", "https://www.kaggle.com/settings/api"]),
    KaggleFault(
      name: "rules are not accepted",
      errors: """
        403 - You cannot submit until you accept the competition rules

        You don't have access to this resource.
        If this is a competition, you may need to accept its rules first at
          https://www.kaggle.com/competitions/<competition>/rules
        """, says: ["https://www.kaggle.com/competitions/digit-recognizer/rules"]),
    KaggleFault(
      name: "no permission", errors: "Permission 'competitions.participate' was denied",
      says: ["https://www.kaggle.com/competitions/digit-recognizer/rules"]),
    KaggleFault(
      name: "too many requests",
      errors: "Too many requests\n\nYou have been rate limited. Wait a little while before retrying.",
      says: ["too many requests", "wait some minutes"]),
    KaggleFault(
      name: "no network",
      errors: "HTTPSConnectionPool(host='api.kaggle.com', port=443): Max retries exceeded with url: /v1/x",
      says: ["Kaggle can't be reached", "check the network"]),
    KaggleFault(
      name: "not found",
      errors: "Not found\n\nThe resource was not found. Check the spelling of the reference you passed.",
      says: ["Kaggle found nothing there", "https://www.kaggle.com/competitions/digit-recognizer"]),
    KaggleFault(
      name: "Kaggle's own problem",
      errors:
        "Internal\n\nThis is a problem on Kaggle's side, not with your command. Please try again later.",
      says: ["Kaggle's servers have a problem", "try again later"]),
    KaggleFault(
      name: "an old program", errors: "kaggle: error: unrecognized arguments: --wait", status: 2,
      says: ["--wait", "-m pip install --upgrade kaggle"]),
    KaggleFault(
      name: "anything else", errors: "You have used all of your submissions for today",
      says: ["You have used all of your submissions for today", "status 1"]),
  ]
}
