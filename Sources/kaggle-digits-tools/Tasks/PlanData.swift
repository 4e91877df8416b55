import ArgumentParser
import Competition
import Foundations
import Options
import Runs

/// `--data` of commands that work on a plan, which knows where its rows were.
struct PlanDataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the competition's data is now. (default: where it was when the plan was made)", valueName: "path"
    ),
    completion: .file())
  var data: String?

  /// Where a plan's rows are to be.
  func path(of plan: PlanFile) -> String { data ?? plan.file.data }

  /// A plan's rows.
  ///
  /// - Throws: `missingInput` if they are not there; `badData` if they are not the plan's.
  func table(of plan: PlanFile) throws(KitError) -> DigitTable {
    let place = path(of: plan)
    let table: DigitTable
    do throws(KitError) {
      table = try TrainingData(finding: place, form: plan.file.form).table
    } catch {
      guard data == nil, error.kind == .missingInput else { throw error }
      throw KitError(
        .missingInput,
        "\(place) can't be read, where the data was when \(plan.run) was planned; --data says where it is now"
      )
    }
    try plan.file.requireRows(of: table, from: place, run: plan.run)
    return table
  }
}
