import Competition
import Foundations
import Scoring

/// The file of `evaluate --doubtful`: rows whose labels look wrong, for a person to edit and `--labels` to read.
///
/// Columns: `row` (from 0), `label`, the class that it looks like, the probabilities of both, and the row's line or name.
/// `label` is the label as it is, so that a row which nobody edits changes nothing.
public enum DoubtfulLabelsFile {
  /// The file's text: the corrections that the table has already, then the most doubtful rows first.
  ///
  /// - Parameter evaluation: Of out-of-fold probabilities of the table's rows.
  public static func text(of evaluation: Evaluation, in table: DigitTable) -> String {
    let found = DoubtfulLabels(of: evaluation)
    let kinds = evaluation.kinds
    func field(_ label: UInt8) -> String { quotedField(kinds.name(label)) }
    var text = "row,label,looks_like,label_probability,other_probability,place\n"
    let known = Set(table.fixes?.rows ?? [])
    if let fixes = table.fixes {
      for (row, label) in zip(fixes.rows, fixes.labels) {
        text += "\(row),\(label.map(field) ?? "drop"),,,,\(quotedField(table.naming.place(ofRow: row)))\n"
      }
    }
    for (place, other) in zip(found.places, found.suggestions) where !known.contains(evaluation.rows[place]) {
      let row = evaluation.rows[place]
      let probability = evaluation.probabilities[place * kinds.count + Int(other)]
      text +=
        "\(row),\(field(evaluation.labels[place])),\(field(other)),\(fixed(evaluation.labelProbability(place), 4)),"
        + "\(fixed(probability, 4)),\(quotedField(table.naming.place(ofRow: row)))\n"
    }
    return text
  }
}
