import Foundations
@testable import NeuralNetworks
import TestSupport
import Testing

@Suite struct NotationTests {
  private func message(_ notation: String) -> String {
    TestSupport.message(of: .usage) { try Network(notation: notation) }
  }

  @Test(
    arguments: NamedNetwork.all.map(\.notation) + [
      "1C1", "4096C28x1S28pl", "32C3x5", "32C5S2pl", "7Nl", "P28-A1-D0-D99-B-F", "B", "65536N",
    ])
  func notationComesBack(notation: String) throws {
    #expect(try Network(notation: notation).notation == notation)
  }

  @Test func whatIsImpliedIsLeftOut() throws {
    #expect(try Network(notation: "8C3x3S1-007N").notation == "8C3-7N")
  }

  @Test(arguments: NamedNetwork.all.indices) func namesStandForNotations(index: Int) throws {
    let named = NamedNetwork.all[index]
    #expect(try Network(notation: named.name).notation == named.notation)
  }

  @Test func layersAreWhatTheNotationSays() throws {
    let layers = try Network(notation: "32C5x4S2pl-P2-A3-D25-B-F-128N-9Nl").layers
    #expect(
      layers[0] as? Convolution
        == Convolution(
          filters: 32, kernel: 5, kernelColumns: 4, stride: 2, padding: .same, activation: .linear))
    #expect(layers[1] as? MaxPooling == MaxPooling(2))
    #expect(layers[2] as? AveragePooling == AveragePooling(3))
    #expect(layers[3] as? Dropout == Dropout(0.25))
    #expect(layers[4] as? BatchNormalization == BatchNormalization())
    #expect(layers[5] as? Flatten == Flatten())
    #expect(layers[6] as? Dense == Dense(units: 128, activation: .relu))
    #expect(layers[7] as? Dense == Dense(units: 9, activation: .linear))
    #expect(layers.count == 8)
  }

  @Test func theBuilderWritesTheSameNetwork() {
    let network = Network {
      Convolution(filters: 32, kernel: 3)
      Convolution(filters: 64, kernel: 3, stride: 2, padding: .same)
      MaxPooling(2)
      Dropout(0.25)
      Dense(units: 128)
    }
    #expect(network.notation == "32C3-64C3S2p-P2-D25-128N")
  }

  /// The problem, then the notation, then a marker below the wrong token, then what is known.
  @Test func theMarkerIsBelowTheToken() {
    let lines = message("32C3-?7-128N").split(separator: "\n")
    #expect(lines[0] == "network: '?7' is not a layer")
    #expect(lines[1] == "  32C3-?7-128N")
    #expect(lines[2] == "       ^^")
    #expect(lines[3] == "known layers:")
    #expect(lines.contains { $0.hasPrefix("  32C3 ") })
    #expect(lines.last == "known names: compact, simple, simple-dropout, small, lenet5, deotte")
  }

  @Test(arguments: [
    ("", "a layer is missing", 2, 1),
    ("-", "a layer is missing", 2, 1),
    ("32C3-", "a layer is missing", 7, 1),
    ("32C3--P2", "a layer is missing", 7, 1),
    ("C3", "'C3' is not a layer", 2, 2),
    ("32c3", "'32c3' is not a layer", 2, 4),
    ("32", "'32' is not a layer", 2, 2),
    ("32C", "'32C' is not a layer", 2, 3),
    ("32C3x", "'32C3x' is not a layer", 2, 5),
    ("32C3S", "'32C3S' is not a layer", 2, 5),
    ("P", "'P' is not a layer", 2, 1),
    ("-5N", "a layer is missing", 2, 1),
    ("simple-P2", "'simple' is not a layer", 2, 6),
    ("Simple", "'Simple' is not a layer; did you mean 'simple'?", 2, 6),
    ("compct", "'compct' is not a layer; did you mean 'compact'?", 2, 6),
    ("32C3 -P2", "' ' is not understood after '32C3'", 2, 5),
    ("P2-32C3lp", "'p' is not understood after '32C3l'", 5, 6),
    ("8N-B2", "'2' is not understood after 'B'", 5, 2),
    ("8Nn", "'n' is not understood after '8N'", 2, 3),
    ("P2.5", "'.5' is not understood after 'P2'", 2, 4),
    ("D25%", "'%' is not understood after 'D25'", 2, 4),
    ("0C3", "filters is 0; must be between 1 and 4096", 2, 3),
    ("4097C3", "filters is 4097; must be between 1 and 4096", 2, 6),
    ("8C0", "the kernel's size is 0; must be between 1 and 28", 2, 3),
    ("8C3x29", "the kernel's size is 29; must be between 1 and 28", 2, 6),
    ("8C3S0", "stride is 0; must be between 1 and 28", 2, 5),
    ("0N", "units is 0; must be between 1 and 65536", 2, 2),
    ("8C3-P0", "the window's size is 0; must be between 1 and 28", 6, 2),
    ("A29", "the window's size is 29; must be between 1 and 28", 2, 3),
    ("D100", "dropout's percentage is 100; must be between 0 and 99", 2, 4),
    (
      "99999999999999999999N",
      "units is 99999999999999999999; must be between 1 and 65536", 2, 21
    ),
    ("\u{0663}2C3", "'\u{0663}2C3' is not a layer", 2, 4),
    ("8C3-🧠-P2", "'🧠' is not a layer", 6, 1),
  ])
  func errors(notation: String, problem: String, column: Int, width: Int) {
    let lines = message(notation).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count > 3)
    #expect(lines[0] == "network: \(problem)")
    #expect(lines[1] == "  \(notation)")
    #expect(lines[2] == String(repeating: " ", count: column) + String(repeating: "^", count: width))
  }

  /// A new layer is tested with all others: against its definition, by its gradients, over threads.
  @Test func smallNetworksHoldEveryLayer() throws {
    for token in Token.all {
      let isThere = try smallNetworks.contains { network in
        try network.notation.split(separator: "-").contains { text in
          var scanner = TokenScanner(text)
          return try token.read(&scanner) != nil && scanner.rest.isEmpty
        }
      }
      #expect(isThere, "no network in smallNetworks has a layer such as \(token.example)")
    }
  }
}
