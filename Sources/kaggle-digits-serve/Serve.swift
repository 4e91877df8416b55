import ArgumentParser
import Compute
import Ensembling
import Foundations
import NeuralNetworks
import Options
import Serving
import Terminal

@main
struct Serve: Command {
  static let configuration = CommandConfiguration.command(
    "serve",
    discussion: """
      Opens a page on this computer to draw a digit with mouse, pen or finger, and shows while you draw what the networks \
      answer, what they see and where they look. Programs can ask too: POST /v1/predict takes an image and answers in \
      JSON; GET /openapi.json describes it.

      Only this computer can open the page unless --host says otherwise. Nothing is stored, and the page asks no other \
      server. Ctrl-C or SIGTERM stops it.
      """)

  @Argument(
    help: ArgumentHelp("Checkpoints, runs or cross-validations.", valueName: "source"), completion: .file())
  var sources: [String]

  @Option(
    help: ArgumentHelp(
      "Address or name to listen at; 0.0.0.0 lets other devices on the network, such as your phone, open the page.",
      valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("Port to listen at, 0 for a free one.", valueName: "number"))
  var port: UInt16 = 8028

  @Option(
    help: ArgumentHelp(
      """
      Another name by which browsers may ask for the page, such as my-laptop.local; repeat it for several. Numeric \
      addresses, localhost and --host need none.
      """, valueName: "name"))
  var allowHost: [String] = []

  @Flag(help: "Open the page in the browser.")
  var open = false

  @OptionGroup(title: "Prediction options") var prediction: PredictionOptions

  @OptionGroup var weighting: WeightOptions

  @OptionGroup var threading: ThreadOptions

  func validate() throws {
    if host.isEmpty { throw ValidationError("--host is empty; it takes an address or a name") }
    if let name = allowHost.first(where: { !isHostName($0) }) {
      throw ValidationError(
        "--allow-host is '\(name)'; it takes a name without a port, such as my-laptop.local")
    }
  }

  func run() throws {
    let (options, _) = try weighting.weighted(prediction, sources: sources)
    let ensemble = try Ensemble(
      sources: sources, options: options, threads: threading.count, kernels: InstructionSets.detected(),
      keepsPredictions: true)
    try noteUnfinished(sources)
    let service = DigitService(
      predictor: Predictor(ensemble, doubt: try Doubt(of: sources)),
      allowed: RequestGuard(names: allowHost + [host]))
    Interruption.install()
    // What is being computed when the user stops is answered.
    StopRequest.ask(nil)
    let server = try Server(host: host, port: port) { service.answer(to: $0) }
    let addresses = pageAddresses(of: server.address, asked: host)
    for address in addresses { printLine(address) }
    // For the phone's camera.
    if addresses.count > 1, StandardError.drawsBars, StandardError.isUnicode, let code = QRCode(addresses[0])
    {
      note(code.text, keepsLines: true)
    }
    note(audience(of: server.address.host) + "; Ctrl-C stops it")
    // This computer's own address is the last of several.
    if open, let address = addresses.last { openBrowser(address) }
    server.run { Interruption.requested != nil }
    throw ExitCode(Interruption.exitStatus)
  }
}

/// Whether a text may be a host's name: letters, digits, hyphens and dots.
private func isHostName(_ text: String) -> Bool {
  !text.isEmpty && text.utf8.count < 256
    && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
}
