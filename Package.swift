// swift-tools-version: 6.2

import PackageDescription

/// Our own targets build without warnings, in the language's strictest mode.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// Byte-at-a-time loops that tests must not wait for: optimised in debug builds too.
let hot: [SwiftSetting] = strict + [.unsafeFlags(["-O"])]

/// The kernels' folder compiled for one instruction set.
///
/// Whole-module optimisation, in debug builds too: without it the generic tiles are not specialised across
/// files. `-num-threads 1 -disable-batch-mode` is what makes `-wmo` build beside SwiftPM's own flags.
func kernels(_ name: String, define: String, march: String?) -> Target {
  let target = march.map { ["-Xcc", "-march=\($0)"] } ?? []
  return .target(
    name: name,
    dependencies: ["CMachine", "KernelShapes"],
    swiftSettings: strict + [
      .define(define),
      .unsafeFlags(["-Ounchecked", "-wmo", "-num-threads", "1", "-disable-batch-mode"] + target),
    ])
}

#if arch(x86_64)
  let kernelTargets = [
    kernels("KernelsAVX2", define: "AVX2", march: "x86-64-v3"),
    kernels("KernelsAVX512", define: "AVX512", march: "x86-64-v4"),
  ]
#else
  let kernelTargets = [kernels("Kernels", define: "NEON", march: nil)]
#endif
let kernelNames: [Target.Dependency] = kernelTargets.map { .target(name: $0.name) }

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")

/// The stages behind the front door, with the libraries each calls.
let stages: [(name: String, libraries: [Target.Dependency])] = [
  ("benchmark", ["Competition", "Compute", "NeuralNetworks", "Training"]),
  ("cross-validate", ["Competition", "Compute", "Ensembling", "NeuralNetworks", "Stages", "Training"]),
  ("demo", ["Competition"]),
  ("evaluate", ["Competition", "Compute", "Ensembling", "Reporting", "Stages", "Training"]),
  ("report", ["Competition", "Compute", "Ensembling", "Reporting", "Stages", "Training"]),
  ("sample", ["Competition"]),
  ("submit", ["Competition", "Compute", "Ensembling", "Reporting", "Stages", "Training"]),
  ("train", ["Competition", "Compute", "Ensembling", "NeuralNetworks", "Stages", "Training"]),
]

let package = Package(
  name: "kaggle-digits",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "kaggle-digits", targets: ["kaggle-digits"])]
    + stages.map { .executable(name: "kaggle-digits-\($0.name)", targets: ["kaggle-digits-\($0.name)"]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: kernelTargets
    + stages.map {
      .executableTarget(
        name: "kaggle-digits-\($0.name)",
        dependencies: ["CommandLine", "Foundations", argumentParser] + $0.libraries,
        swiftSettings: strict)
    }
    + [
      .executableTarget(
        name: "kaggle-digits",
        dependencies: ["CommandLine", "Foundations"]
          + stages.map { .target(name: "kaggle-digits-\($0.name)") },
        swiftSettings: strict),
      .target(name: "Foundations", swiftSettings: hot),
      .systemLibrary(name: "CMachine"),
      .target(name: "KernelShapes", swiftSettings: strict),
      .target(
        name: "Compute", dependencies: ["Foundations", "CMachine", "KernelShapes"] + kernelNames,
        swiftSettings: strict),
      .target(
        name: "NeuralNetworks", dependencies: ["Foundations", "Compute", "KernelShapes"],
        swiftSettings: strict),
      .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
      .target(name: "Competition", dependencies: ["Foundations", "CZlib"], swiftSettings: hot),
      .target(
        name: "Augmentation", dependencies: ["Foundations", "Compute", "KernelShapes", "NeuralNetworks"],
        swiftSettings: hot),
      .target(
        name: "Training",
        dependencies: ["Foundations", "Compute", "NeuralNetworks", "Competition", "Augmentation"],
        swiftSettings: strict),
      .target(
        name: "Ensembling",
        dependencies: [
          "Foundations", "Compute", "NeuralNetworks", "Competition", "Augmentation", "Training",
        ],
        swiftSettings: strict),
      .target(
        name: "Reporting",
        dependencies: [
          "Foundations", "CZlib", "Compute", "NeuralNetworks", "Competition", "Augmentation", "Training",
          "Ensembling",
        ],
        swiftSettings: strict),
      .target(
        name: "TensorBoard", dependencies: ["Foundations", protobuf], exclude: ["event.proto"],
        swiftSettings: strict),
      .target(name: "CommandLine", dependencies: ["Foundations", argumentParser], swiftSettings: strict),
      .target(
        name: "Stages",
        dependencies: [
          "CommandLine", "Foundations", "Compute", "NeuralNetworks", "Competition", "Augmentation",
          "Training",
          "Ensembling", "Reporting", "TensorBoard", argumentParser,
        ],
        swiftSettings: strict),
      .testTarget(
        name: "FoundationsTests", dependencies: ["Foundations"], exclude: ["make_elementary_fixtures.py"],
        swiftSettings: strict),
      .testTarget(
        name: "KernelsTests", dependencies: ["Compute", "KernelShapes", "Foundations"], swiftSettings: hot),
      .testTarget(name: "ComputeTests", dependencies: ["Compute", "Foundations"], swiftSettings: strict),
      .testTarget(
        name: "NeuralNetworksTests",
        dependencies: ["NeuralNetworks", "Compute", "Foundations", "KernelShapes"],
        exclude: ["make_pytorch_fixtures.py", "Fixtures"], swiftSettings: hot),
      .testTarget(
        name: "CompetitionTests", dependencies: ["Competition", "Foundations", "CZlib"], swiftSettings: strict
      ),
      .testTarget(
        name: "CommandLineTests", dependencies: ["CommandLine", "Foundations", argumentParser],
        swiftSettings: strict),
      .testTarget(
        name: "AugmentationTests",
        dependencies: ["Augmentation", "Compute", "Foundations", "KernelShapes", "NeuralNetworks"],
        swiftSettings: strict),
      .testTarget(
        name: "TrainingTests",
        dependencies: [
          "Training", "Augmentation", "Competition", "Compute", "NeuralNetworks", "Foundations",
        ],
        swiftSettings: strict),
      .testTarget(
        name: "EnsemblingTests",
        dependencies: ["Ensembling", "Competition", "Compute", "NeuralNetworks", "Training", "Foundations"],
        exclude: ["make_ensembling_fixtures.py"], swiftSettings: strict),
      .testTarget(
        name: "ReportingTests",
        dependencies: [
          "Reporting", "Foundations", "CZlib", "Compute", "NeuralNetworks", "Competition", "Augmentation",
          "Training", "Ensembling",
        ],
        exclude: ["browser.py"], swiftSettings: strict),
      .testTarget(
        name: "TensorBoardTests", dependencies: ["TensorBoard", "Foundations", protobuf],
        exclude: ["read_events.py"], swiftSettings: strict),
      .testTarget(
        name: "EndToEnd", dependencies: ["kaggle-digits", "Foundations", "NeuralNetworks"],
        swiftSettings: strict),
    ]
)
