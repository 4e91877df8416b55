import ArgumentParser
import Terminal

/// Shows on standard error how many measurements are done and which one is running.
final class MeasurementProgress {
  private let report: ProgressReport
  private let total: Int
  private var begun = 0

  init(total: Int, quiet: Bool) {
    report = ProgressReport(quiet: quiet)
    self.total = total
  }

  /// Announces a measurement. Throws the exit status if Ctrl-C or SIGTERM has come meanwhile.
  func begin(_ name: String) throws {
    if Interruption.requested != nil {
      report.finish()
      note("stopped")
      throw ExitCode(Interruption.exitStatus)
    }
    report.update(lane: 0, label: name, completed: begun, total: total, unit: "measurements", detail: "")
    begun += 1
  }

  /// Removes the bar from the screen until the next measurement.
  func finish() { report.finish() }
}
