import ArgumentParser
import Terminal

/// How many of the measurements are done, on standard error, and which one is under way.
final class Progress {
  private let report: ProgressReport
  private let total: Int
  private var begun = 0

  init(total: Int, quiet: Bool) {
    report = ProgressReport(quiet: quiet)
    self.total = total
  }

  /// A measurement begins. Throws the exit status if somebody asked to stop meanwhile.
  func begin(_ name: String) throws {
    if Interruption.requested != nil {
      report.finish()
      note("stopped")
      throw ExitCode(Interruption.exitStatus)
    }
    report.update(lane: 0, label: name, completed: begun, total: total, unit: "measurements", detail: "")
    begun += 1
  }

  /// Takes the bar off the screen until the next measurement.
  func finish() { report.finish() }
}
