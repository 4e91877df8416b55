import Foundations

/// What a `configuration.json` says: all that is needed to run a training again.
public struct SavedConfiguration: Sendable {
  /// The options.
  public let configuration: Configuration
  /// Where the data was.
  public let data: String
  /// SHA-256 of the parsed table.
  public let rowsDigest: String
  /// How a cross-validation's rows are predicted, in the words of whoever predicts them; null of a training.
  public let prediction: JSON

  package init(configuration: Configuration, data: String, rowsDigest: String, prediction: JSON = .null) {
    self.configuration = configuration
    self.data = data
    self.rowsDigest = rowsDigest
    self.prediction = prediction
  }

  /// Reads a file. Throws `missingInput` if it is not there, `badData` if it is malformed.
  public init(reading path: String) throws(KitError) {
    let json = try JSON.parse(InputFile.bytes(ofFileAt: path, limit: 1 << 20), from: path)
    guard let data = json["data"]?.string, let digest = json["rows-digest"]?.string,
      let options = json["options"]
    else { throw KitError(.badData, "\(path): 'data', 'rows-digest' or 'options' is missing") }
    self.init(
      configuration: try Configuration(options, from: path), data: data, rowsDigest: digest,
      prediction: json["prediction"] ?? .null)
  }

  /// Reads what a run was begun with: a cross-validation's own file, or a training's first member's.
  public init(ofRun path: String) throws(KitError) {
    if RunDirectory.isCrossValidation(path) {
      try self.init(reading: RunDirectory.configuration(of: path))
    } else if let first = RunDirectory.members(of: path).first {
      try self.init(reading: first.configuration)
    } else {
      throw KitError(.missingInput, "\(path) is no run: it has no folder member-1 or fold-1")
    }
  }

  /// Writes the file with further fields, unless it says the same already: a training that is done is left as it is.
  package func write(to path: String, with fields: [(key: String, value: JSON)]) throws(KitError) {
    let json = JSON.object(
      [("kit", .string(kitVersion)), ("data", .string(data)), ("rows-digest", .string(rowsDigest))] + fields
        + [("options", .object(configuration.fields))])
    let text = json.serialized(pretty: true) + "\n"
    if let present = try? InputFile.bytes(ofFileAt: path, limit: 1 << 20), present.elementsEqual(text.utf8) {
      return
    }
    try WholeFile.write(text, to: path, replacing: true)
  }

  /// The same for `epochs` if given. Throws `usage` if the run can't go on for so many.
  package func prolonged(to epochs: Int?) throws(KitError) -> SavedConfiguration {
    guard let epochs, epochs != configuration.epochs else { return self }
    guard epochs > configuration.epochs else {
      throw KitError(
        .usage,
        "--epochs \(epochs) is fewer than the run's \(configuration.epochs); --resume can only add some")
    }
    let schedule = configuration.schedule
    let ending: String? =
      if schedule != .constant && schedule != .step {
        "the schedule \(schedule.rawValue)"
      } else if configuration.averaging.epochs != nil {
        "the average of its last epochs"
      } else if configuration.plainEpochs > 0 {
        "plain images at its end"
      } else {
        nil
      }
    if let ending {
      throw KitError(
        .usage,
        "--epochs \(epochs) can't be added to a run with \(ending), which ends with epoch "
          + "\(configuration.epochs); train anew with --epochs \(epochs)")
    }
    var configuration = configuration
    configuration.epochs = epochs
    return SavedConfiguration(
      configuration: configuration, data: data, rowsDigest: rowsDigest, prediction: prediction)
  }
}
