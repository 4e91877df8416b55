import Competition
import Ensembling
import Foundations
import Runs

extension Ensemble {
  /// The configurations beside the members' checkpoints, as far as they are there.
  public var configurations: [ConfigurationFile] {
    members.compactMap { ConfigurationFile.beside(checkpoint: $0.path) }
  }

  /// How the members' training rows were read, where the configurations beside them agree; with the members' own classes.
  public var trainedForm: TableForm {
    let forms = configurations.map(\.form)
    var form = TableForm()
    if let first = forms.first {
      form.isTransposed = first.isTransposed && forms.allSatisfy(\.isTransposed)
      if forms.allSatisfy({ $0.fixes == first.fixes }) { form.fixes = first.fixes }
    }
    form.classes = classes
    return form
  }

  /// What is known of the training rows, by the configurations beside the checkpoints; nothing of what none says, or where
  /// they differ.
  public var trainingFigures: TrainingFigures {
    let files = configurations
    let counts = Set(files.compactMap(\.digitCounts))
    let pixels = files.compactMap(\.pixels)
    let isOne = !pixels.isEmpty && pixels.allSatisfy { $0 == pixels[0] }
    return TrainingFigures(
      digitCounts: counts.count == 1 ? counts.first ?? [] : [], pixels: isOne ? pixels[0] : nil)
  }
}
