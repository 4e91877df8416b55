import Foundations
import Kaggle
import Runs

/// The files by which Kaggle's machines train and predict: a dataset with the kit, and a script that runs it.
struct KaggleNotebook {
  /// The user's name at Kaggle.
  let user: String
  /// What is trained.
  let recipe: Recipe
  /// The archive's name in the dataset.
  let archive: String

  private static let dataset = "kaggle-digits"
  /// Kaggle makes the address of the title; both must agree.
  private static let title = "Digit Recognizer by kaggle-digits"
  private static let kernel = "digit-recognizer-by-kaggle-digits"

  /// What the script is called.
  static let script = "train_and_submit.py"

  /// The address of the notebook: `USER/NAME`.
  var kernelReference: String { "\(user)/\(Self.kernel)" }

  /// `dataset-metadata.json`.
  var datasetMetadata: JSON {
    .object([
      ("title", .string(Self.dataset)), ("id", .string("\(user)/\(Self.dataset)")),
      ("subtitle", .string("Executables of kaggle-digits for Linux, x86-64")),
      ("licenses", .array([.object([("name", .string("other"))])])),
    ])
  }

  /// `kernel-metadata.json`: no GPU and no network, which the kit does not need.
  var kernelMetadata: JSON {
    let none = JSON.array([])
    return .object([
      ("id", .string(kernelReference)), ("title", .string(Self.title)), ("code_file", .string(Self.script)),
      ("language", .string("python")), ("kernel_type", .string("script")), ("is_private", .string("true")),
      ("enable_gpu", .string("false")), ("enable_tpu", .string("false")),
      ("enable_internet", .string("false")),
      ("dataset_sources", .array([.string("\(user)/\(Self.dataset)")])),
      ("competition_sources", .array([.string(KaggleProgram.competition)])), ("kernel_sources", none),
      ("model_sources", none),
    ])
  }

  /// The script. Its folders are constants at its top, so that it can be tried elsewhere.
  var code: String {
    String(decoding: PackageResources.train_and_submit_py, as: UTF8.self)
      .replacing("@VERSION@", with: kitVersion).replacing("@RECIPE@", with: recipe.rawValue)
      .replacing("@DATASET@", with: "\(user)/\(Self.dataset)")
  }
}
