import ArgumentParser
import Augmentation
import CommandLine
import Foundations
import NeuralNetworks
import Training

/// What decides the result of a training, for all commands that train. An option that is not given is nil, so that `--resume` can tell.
public struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A network by name or notation, see above. (default: simple-dropout)", valueName: "network"))
  var network: String?

  /// Passes over the training rows, if given.
  @Option(help: ArgumentHelp("Passes over the training rows. (default: 12)", valueName: "count"))
  public var epochs: Int?

  @Option(help: ArgumentHelp("Images a step. (default: 128)", valueName: "count"))
  var batch: Int?

  @Option(
    help: ArgumentHelp("The learning rate that the schedule scales. (default: 0.003)", valueName: "rate"))
  var learningRate: Double?

  @Option(
    help: ArgumentHelp(
      """
      constant; step: times 0.95 an epoch; cosine: half a cosine to zero; one-cycle: up over 30 % of the steps, \
      then down. (default: one-cycle)
      """, valueName: "schedule"))
  var schedule: Schedule?

  @Option(
    help: ArgumentHelp(
      "adam; adamw: with weight decay 0.01; sgd: with Nesterov momentum 0.9. (default: adam)",
      valueName: "optimizer"))
  var optimizer: Optimizer?

  @Option(
    help: ArgumentHelp(
      "How weights start, uniform: glorot, as in Keras; he, for deep networks of ReLUs. (default: glorot)",
      valueName: "initialization"))
  var initialization: Initialization?

  /// The share of the rows kept for validation, if given.
  @Option(
    help: ArgumentHelp(
      """
      The share of the rows kept for validation; 0 for none. (default: 0.1; in a cross-validation only with \
      --select best)
      """, valueName: "share"))
  public var validation: Double?

  @Option(help: ArgumentHelp("What every random draw derives from. (default: 1)", valueName: "number"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Networks to train, on one common split. (default: 1)", valueName: "count"))
  var members: Int?

  @Option(
    help: ArgumentHelp("Take only so many rows, each digit's share, before splitting.", valueName: "rows"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "Shift training images by up to this share of the side. (default: 0.05)", valueName: "share"))
  var shift: Double?

  @Option(help: ArgumentHelp("Rotate them by up to so many degrees. (default: 10)", valueName: "degrees"))
  var rotate: Double?

  @Option(help: ArgumentHelp("Scale each axis by up to this share. (default: 0.1)", valueName: "share"))
  var zoom: Double?

  @Option(help: ArgumentHelp("Shear them by up to so many degrees. (default: 0)", valueName: "degrees"))
  var shear: Double?

  @Option(
    help: ArgumentHelp(
      "Bend them elastically, pixels moving by so many on average. (default: 0)", valueName: "pixels"))
  var elastic: Double?

  @Option(
    help: ArgumentHelp("Erase a rectangle in this share of the images. (default: 0)", valueName: "share"))
  var erase: Double?

  @Option(
    help: ArgumentHelp(
      "Leave the images as they are in so many last epochs. (default: 0)", valueName: "count"))
  var plainEpochs: Int?

  @Option(
    help: ArgumentHelp(
      "Spread this share of each label over all ten digits. (default: 0)", valueName: "share"))
  var labelSmoothing: Double?

  @Option(
    help: ArgumentHelp(
      """
      Which epoch's weights are taken: best, by the validation rows, or last. (default: best; a cross-validation \
      takes the last)
      """, valueName: "epoch"))
  var select: Selection?

  @Option(
    help: ArgumentHelp(
      "Keep an exponential moving average of the weights with this decay, such as 0.999.", valueName: "decay")
  )
  var ema: Double?

  @Option(
    help: ArgumentHelp(
      "Keep the mean of the weights that so many last epochs ended with.", valueName: "count"))
  var averageCheckpoints: Int?

  @Flag(
    help:
      "Leave the training images as they are: --shift, --rotate, --zoom, --shear, --elastic and --erase are 0."
  )
  var noAugment = false

  /// As ArgumentParser makes it.
  public init() {}

  /// Refuses numbers out of range and options that exclude each other.
  public func validate() throws {
    if ema != nil && averageCheckpoints != nil {
      throw ValidationError("--ema and --average-checkpoints are two averages; one is possible")
    }
    if noAugment, [shift, rotate, zoom, shear, elastic, erase].contains(where: { ($0 ?? 0) != 0 }) {
      throw ValidationError(
        "--no-augment goes with none of --shift, --rotate, --zoom, --shear, --elastic and --erase")
    }
    // Folds bring rules of their own, which the stage that knows of folds checks.
    try configuration(over: Configuration()).validate()
  }

  /// A configuration with the options that were given in place of its own.
  public func configuration(over base: Configuration) throws(KitError) -> Configuration {
    var result = base
    if let network { result.network = try Network(notation: network).notation }
    if let epochs { result.epochs = epochs }
    if let batch { result.batch = batch }
    if let learningRate { result.learningRate = learningRate }
    if let schedule { result.schedule = schedule }
    if let optimizer { result.optimizer = optimizer }
    if let initialization { result.initialization = initialization }
    if let validation { result.validation = validation }
    if let seed { result.seed = seed }
    if let members { result.members = members }
    if let limit { result.limit = limit }
    if let select { result.select = select }
    if let ema { result.averaging = .exponential(decay: ema) }
    if let averageCheckpoints { result.averaging = .lastEpochs(averageCheckpoints) }
    let augmentation = noAugment ? .none : base.augmentation
    result.augmentation = ImageAugmentation(
      shift: shift ?? augmentation.shift, rotation: rotate ?? augmentation.rotation,
      zoom: zoom ?? augmentation.zoom, shear: shear ?? augmentation.shear,
      elastic: elastic ?? augmentation.elastic, erase: erase ?? augmentation.erase)
    if let plainEpochs { result.plainEpochs = plainEpochs }
    if let labelSmoothing { result.labelSmoothing = labelSmoothing }
    return result
  }
}

extension Configuration {
  /// What `cross-validate` computes if no option is given: all rows of the other folds train, and nothing is chosen.
  public static var crossValidation: Configuration {
    var base = Configuration()
    base.folds = Folds(count: 5, repeats: 1)
    base.select = .last
    base.validation = 0
    return base
  }

  /// The options that make a command compute this, those that differ from its defaults.
  public func options(for command: String) -> [String] {
    let base = command == "cross-validate" ? Configuration.crossValidation : Configuration()
    return zip(fields, base.fields).flatMap { mine, standard -> [String] in
      let value = mine.value.string ?? mine.value.serialized(pretty: false)
      let isStandard = value == (standard.value.string ?? standard.value.serialized(pretty: false))
      return isStandard || mine.key == "fold" || value == "null" ? [] : ["--\(mine.key)", quoted(value)]
    }
  }

  /// Refuses options that differ from a run's (`usage`).
  public func requireAgreement(with saved: Configuration, of run: String) throws(KitError) {
    for (mine, theirs) in zip(fields, saved.fields)
    where mine.value.serialized(pretty: false) != theirs.value.serialized(pretty: false) {
      throw KitError(
        .usage,
        "--\(mine.key) \(mine.value.serialized(pretty: false)) differs from \(run)'s "
          + "\(theirs.value.serialized(pretty: false)); --resume takes everything from the run but --threads, "
          + "--epochs and --data")
    }
  }
}

extension Schedule: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
extension Optimizer: ExpressibleByArgument {}
extension Selection: ExpressibleByArgument {}
