import ArgumentParser
import Augmentation
import Foundations
import NeuralNetworks
import Training

/// What decides the result of a training. An option that is not given is nil, so that `--resume` can tell.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A network by name or notation, see above. (default: simple-dropout)", valueName: "network"))
  var network: String?

  @Option(help: ArgumentHelp("Passes over the training rows. (default: 12)", valueName: "count"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Images a step. (default: 128)", valueName: "count"))
  var batch: Int?

  @Option(
    help: ArgumentHelp("The learning rate that the schedule scales. (default: 0.001)", valueName: "rate"))
  var learningRate: Double?

  @Option(
    help: ArgumentHelp(
      """
      constant; step: times 0.95 an epoch; cosine: half a cosine to zero; one-cycle: up over 30 % of the steps, \
      then down. (default: constant)
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

  @Option(
    help: ArgumentHelp(
      "The share of the rows kept for validation; 0 for none. (default: 0.1)", valueName: "share"))
  var validation: Double?

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

  @Flag(help: "Leave the training images as they are: --shift 0 --rotate 0 --zoom 0 --shear 0.")
  var noAugment = false

  func validate() throws {
    if noAugment, [shift, rotate, zoom, shear].contains(where: { ($0 ?? 0) != 0 }) {
      throw ValidationError("--no-augment goes with none of --shift, --rotate, --zoom and --shear")
    }
    try configuration(over: Configuration()).validate()
  }

  /// A configuration with the options that were given in place of its own.
  func configuration(over base: Configuration) throws(KitError) -> Configuration {
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
    let augmentation = noAugment ? .none : base.augmentation
    result.augmentation = AffineAugmentation(
      shift: shift ?? augmentation.shift, rotation: rotate ?? augmentation.rotation,
      zoom: zoom ?? augmentation.zoom, shear: shear ?? augmentation.shear)
    return result
  }

  /// Refuses options that differ from a run's (`usage`); `--epochs` may.
  func requireAgreement(with saved: Configuration, of run: String) throws(KitError) {
    var wanted = try configuration(over: saved)
    wanted.epochs = saved.epochs
    for (mine, theirs) in zip(wanted.fields, saved.fields)
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
