/// The name that was probably meant, nil if none is close: the first that starts with what was typed, else the one with
/// the fewest typing errors (a letter added, missing, wrong or swapped with its neighbour), if these are at most two and
/// fewer than half of the typed letters. The first one of equals.
public func nearestName(to typed: String, among names: [String]) -> String? {
  if typed.count >= 2, let name = names.first(where: { $0.hasPrefix(typed) }) { return name }
  let limit = min(2, (typed.count - 1) / 2)
  let near = names.map { (name: $0, errors: typingErrors(Array(typed), Array($0))) }.filter {
    $0.errors <= limit
  }
  return near.min { $0.errors < $1.errors }?.name
}

/// The Damerau–Levenshtein distance in which no letter is changed twice (optimal string alignment).
private func typingErrors(_ typed: [Character], _ name: [Character]) -> Int {
  if typed.count > 2 * name.count + 2 { return typed.count }
  var rows = [Array(0...name.count)]
  for i in 0..<typed.count {
    var row = [i + 1]
    for j in 0..<name.count {
      let changed = rows[i][j] + (typed[i] == name[j] ? 0 : 1)
      var least = min(changed, min(rows[i][j + 1], row[j]) + 1)
      if i > 0 && j > 0 && typed[i] == name[j - 1] && typed[i - 1] == name[j] {
        least = min(least, rows[i - 1][j - 1] + 1)
      }
      row.append(least)
    }
    rows.append(row)
  }
  return rows[typed.count][name.count]
}
