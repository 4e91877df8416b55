import ArgumentParser
import Augmentation
import Foundations
import NeuralNetworks
import Runs

private let standard = Configuration()

/// What decides the result of a training, for all commands that train. An option that is not given is nil, so that `--resume` can tell.
public struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A set of options by name, see above. (default: fast)", valueName: "recipe"))
  var recipe: Recipe?

  @Option(
    help: ArgumentHelp(
      """
      A network by name or notation, see above; several, such as compact,deotte, for the members in turn. (default: \
      compact)
      """, valueName: "networks"))
  var network: String?

  /// Passes over the training rows, if given.
  @Option(
    help: ArgumentHelp("Passes over the training rows. (default: \(standard.epochs))", valueName: "count"))
  public var epochs: Int?

  @Option(help: ArgumentHelp("Images a step. (default: \(standard.batch))", valueName: "count"))
  var batch: Int?

  @Option(
    help: ArgumentHelp(
      "The learning rate that the schedule scales. (default: \(standard.learningRate))", valueName: "rate"))
  var learningRate: Double?

  @Option(
    help: ArgumentHelp(
      """
      constant; step: times 0.95 an epoch; cosine: half a cosine to zero; one-cycle: up over 30 % of the steps, \
      then down. (default: \(standard.schedule.rawValue))
      """, valueName: "schedule"))
  var schedule: Schedule?

  @Option(
    help: ArgumentHelp(
      "adam; adamw: with weight decay; sgd: with Nesterov momentum 0.9. (default: \(standard.optimizer.rawValue))",
      valueName: "optimizer"))
  var optimizer: Optimizer?

  @Option(
    help: ArgumentHelp("The weight decay of adamw. (default: \(standard.weightDecay))", valueName: "share"))
  var weightDecay: Double?

  @Option(
    help: ArgumentHelp(
      "How weights start, uniform: glorot, as in Keras; he, for deep networks of ReLUs. (default: \(standard.initialization.rawValue))",
      valueName: "initialization"))
  var initialization: Initialization?

  /// The share of the rows kept for validation, if given.
  @Option(
    help: ArgumentHelp(
      """
      The share of the rows kept for validation; 0 for none. (default: \(standard.validation); in a cross-validation only with \
      --select best)
      """, valueName: "share"))
  public var validation: Double?

  @Option(help: ArgumentHelp("What every random draw derives from. (default: 1)", valueName: "number"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Networks to train, on one common split. (default: \(standard.members))", valueName: "count"))
  var members: Int?

  @Option(
    help: ArgumentHelp("Take only so many rows, each digit's share, before splitting.", valueName: "rows"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      """
      How digits are set, also when they are predicted: none; deskew: upright; spread: upright and equally wide. \
      Several, such as none,spread, for the members in turn. (default: deskew)
      """, valueName: "ways"))
  var prepare: String?

  @Option(
    help: ArgumentHelp(
      "Shift training images by up to this share of the side. (default: \(standard.augmentation.shift))",
      valueName: "share"))
  var shift: Double?

  @Option(
    help: ArgumentHelp(
      "Rotate them by up to so many degrees. (default: \(withoutPointZero(standard.augmentation.rotation)))",
      valueName: "degrees"))
  var rotate: Double?

  @Option(
    help: ArgumentHelp(
      "Scale each axis by up to this share. (default: \(standard.augmentation.zoom))", valueName: "share"))
  var zoom: Double?

  @Option(
    help: ArgumentHelp(
      "Shear them by up to so many degrees. (default: \(withoutPointZero(standard.augmentation.shear)))",
      valueName: "degrees"))
  var shear: Double?

  @Option(
    help: ArgumentHelp(
      "Bend them elastically, pixels moving by so many on average. (default: \(withoutPointZero(standard.augmentation.elastic)))",
      valueName: "pixels"))
  var elastic: Double?

  @Option(
    help: ArgumentHelp(
      "Erase a rectangle in this share of the images. (default: \(withoutPointZero(standard.augmentation.erase)))",
      valueName: "share"))
  var erase: Double?

  @Option(
    help: ArgumentHelp(
      "Leave the images as they are in so many last epochs. (default: \(standard.plainEpochs))",
      valueName: "count"))
  var plainEpochs: Int?

  @Option(
    help: ArgumentHelp(
      "Spread this share of each label over all ten digits. (default: \(withoutPointZero(standard.labelSmoothing)))",
      valueName: "share"))
  var labelSmoothing: Double?

  @Option(
    help: ArgumentHelp(
      """
      Which epoch's weights are taken: the last, or the best by the validation rows, whose score then flatters. \
      (default: \(standard.select.rawValue))
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
    // Folds bring rules of their own, which the command that knows of folds checks.
    try configuration(over: Configuration()).validate()
  }

  /// A configuration with the options that were given in place of its own.
  public func configuration(over base: Configuration) throws(KitError) -> Configuration {
    var result = recipe?.applied(to: base) ?? base
    if let network {
      result.networks = []
      for notation in network.split(separator: ",", omittingEmptySubsequences: false) {
        if notation.isEmpty { throw KitError(.usage, "--network '\(network)': a network is missing") }
        result.networks.append(try Network(notation: String(notation)).notation)
      }
    }
    if let epochs { result.epochs = epochs }
    if let batch { result.batch = batch }
    if let learningRate { result.learningRate = learningRate }
    if let schedule { result.schedule = schedule }
    if let optimizer { result.optimizer = optimizer }
    if let weightDecay { result.weightDecay = weightDecay }
    if let initialization { result.initialization = initialization }
    if let validation { result.validation = validation }
    if let seed { result.seed = seed }
    if let members { result.members = members }
    if let limit { result.limit = limit }
    if let select { result.select = select }
    if let ema { result.averaging = .exponential(decay: ema) }
    if let averageCheckpoints { result.averaging = .lastEpochs(averageCheckpoints) }
    if let prepare {
      guard let preprocessings = Preprocessing.list(prepare) else {
        let known = Preprocessing.allCases.map(\.rawValue).joined(separator: ", ")
        throw KitError(.usage, "--prepare is '\(prepare)'; \(known) are possible, joined by commas")
      }
      result.preprocessings = preprocessings
    }
    let augmentation = noAugment ? .none : result.augmentation
    result.augmentation = ImageAugmentation(
      shift: shift ?? augmentation.shift, rotation: rotate ?? augmentation.rotation,
      zoom: zoom ?? augmentation.zoom, shear: shear ?? augmentation.shear,
      elastic: elastic ?? augmentation.elastic, erase: erase ?? augmentation.erase)
    if let plainEpochs { result.plainEpochs = plainEpochs }
    if let labelSmoothing { result.labelSmoothing = labelSmoothing }
    return result
  }
}

extension Recipe: ExpressibleByArgument {}
extension Schedule: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
extension Optimizer: ExpressibleByArgument {}
extension Selection: ExpressibleByArgument {}
