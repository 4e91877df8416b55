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
    """
    \"\"\"Trains networks on the Digit Recognizer and writes submission.csv. Made by kaggle-digits \(kitVersion).\"\"\"

    import pathlib
    import shutil
    import subprocess
    import sys
    import tarfile

    INPUT = pathlib.Path("/kaggle/input")
    WORKING = pathlib.Path("/kaggle/working")
    KIT = pathlib.Path("/tmp/kaggle-digits")
    RECIPE = "\(recipe.rawValue)"


    def front_door(folder):
        \"\"\"The program that runs all others of its folder; None if it is not there.\"\"\"
        return next((path for path in sorted(folder.rglob("kaggle-digits")) if path.is_file()), None)


    def unpack():
        \"\"\"Puts the kit where it may run: datasets can't be changed, and none of their files is executable.\"\"\"
        shutil.rmtree(KIT, ignore_errors=True)
        archive = next(iter(sorted(INPUT.rglob("kaggle-digits*.tar*"))), None)
        if archive is not None and archive.is_file():
            with tarfile.open(archive) as files:
                files.extractall(KIT, filter="data")
        else:
            # Kaggle unpacks archives of datasets.
            door = front_door(INPUT)
            if door is None:
                sys.exit(f"there is no kaggle-digits in {INPUT}; add the dataset \(user)/\(Self.dataset) to this notebook")
            shutil.copytree(door.parent, KIT)
        door = front_door(KIT)
        if door is None:
            sys.exit(f"{archive} has no program kaggle-digits")
        for path in door.parent.iterdir():
            if path.is_file():
                path.chmod(0o755)
        return door


    def main():
        table = next(iter(sorted(INPUT.rglob("train.csv"))), None)
        if table is None:
            sys.exit(f"there is no train.csv in {INPUT}; add the competition to this notebook, and accept its rules")
        door = unpack()
        for command in [
            ["train", "--data", table.parent, "--recipe", RECIPE, "--output", "run"],
            ["submit", "run", "--data", table.parent, "--output", "submission.csv"],
        ]:
            print("$ kaggle-digits", *command, flush=True)
            status = subprocess.run([door, *command], cwd=WORKING).returncode
            if status != 0:
                sys.exit(status)


    main()

    """
  }
}
