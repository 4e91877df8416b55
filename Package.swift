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

/// A library, with the modules it imports. A test holds these lists, and the import lines, against the order that
/// `Tests/ArchitectureTests` states.
func library(_ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = strict) -> Target
{
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

let libraries: [Target] = [
  library("Platform", []),
  library("Foundations", ["Platform"], settings: hot),
  library("Pictures", ["Foundations", "CZlib"], settings: hot),
  library("KernelShapes", []),
  library("Compute", ["Platform", "Foundations", "CMachine", "KernelShapes"] + kernelNames),
  library("NeuralNetworks", ["Platform", "Foundations", "Compute", "KernelShapes"]),
  library("Competition", ["Platform", "Foundations", "Compute", "CZlib", "Pictures"], settings: hot),
  library("SyntheticDigits", ["Foundations", "Competition"], settings: hot),
  library("Augmentation", ["Foundations", "Compute", "KernelShapes"], settings: hot),
  library("Checkpoints", ["Foundations", "CZlib", "Competition", "Augmentation", "NeuralNetworks"]),
  library("Scoring", ["Foundations"]),
  library(
    "Runs",
    [
      "Platform", "Foundations", "NeuralNetworks", "Competition", "Augmentation", "Checkpoints", "Scoring",
    ]),
  library("Sweeps", ["Foundations", "Competition", "Scoring", "Runs"]),
  library(
    "Training",
    ["Foundations", "Compute", "NeuralNetworks", "Competition", "Augmentation", "Runs"]),
  library(
    "Ensembling",
    [
      "Platform", "Foundations", "Compute", "KernelShapes", "NeuralNetworks", "Competition", "Augmentation",
      "Checkpoints", "Scoring", "Runs", "Training",
    ]),
  library("Serving", ["Platform", "Foundations"], settings: hot),
  .target(
    name: "DrawingPage", dependencies: [],
    resources: ["page.html", "page.css", "page.js", "drawing.js", "answers.js", "network.js", "icon.svg"]
      .map { .embedInCode($0) }, swiftSettings: strict),
  library("Terminal", ["Platform", "Foundations", argumentParser]),
  library(
    "Reporting",
    [
      "Platform", "Foundations", "Pictures", "Compute", "NeuralNetworks", "Competition", "Augmentation",
      "Scoring", "Runs", "Sweeps", "Training", "Ensembling",
    ]),
  library("Kaggle", ["Platform", "Foundations", "Competition", "Runs", "Scoring"]),
  .target(
    name: "TensorBoard", dependencies: ["Platform", "Foundations", protobuf], exclude: ["event.proto"],
    swiftSettings: strict),
  .target(
    name: "Exchange",
    dependencies: [
      "Foundations", "KernelShapes", "NeuralNetworks", "Augmentation", "Checkpoints", "Runs", "Ensembling",
      "DrawingPage", protobuf,
    ], exclude: ["ONNX/onnx.proto"],
    resources: [.embedInCode("Python/pytorch.py"), .embedInCode("Python/keras.py")], swiftSettings: strict),
  library(
    "TrainingObservers",
    [
      "Platform", "Foundations", "Pictures", "Compute", "NeuralNetworks", "Competition", "Scoring", "Runs",
      "Training",
      "Ensembling", "Reporting", "TensorBoard", "Terminal",
    ]),
  library(
    "Options",
    [
      "Foundations", "Compute", "Competition", "Augmentation", "Checkpoints", "Scoring", "Runs", "Training",
      "Ensembling", "Terminal", argumentParser,
    ]),
]

/// The executables behind the front door, with the libraries each calls.
let commands: [(name: String, libraries: [Target.Dependency])] = [
  ("benchmark", ["Platform", "Competition", "Compute", "NeuralNetworks", "SyntheticDigits"]),
  (
    "cross-validate",
    [
      "Competition", "Compute", "NeuralNetworks", "Options", "Runs", "Training", "TrainingObservers",
    ]
  ),
  ("demo", ["Competition", "Runs"]),
  (
    "evaluate",
    ["Competition", "Compute", "Ensembling", "NeuralNetworks", "Options", "Reporting", "Runs", "Scoring"]
  ),
  ("report", ["Competition", "Compute", "Options", "Reporting", "Runs", "Scoring"]),
  ("sample", ["SyntheticDigits"]),
  (
    "predict",
    [
      "Platform", "Compute", "Ensembling", "NeuralNetworks", "Options", "Pictures", "Reporting", "Runs",
      "Scoring",
    ]
  ),
  (
    "serve",
    [
      "Platform", "Augmentation", "Competition", "Compute", "DrawingPage", "Ensembling", "NeuralNetworks",
      "Options", "Pictures", "Runs", "Scoring", "Serving",
    ]
  ),
  (
    "submit",
    [
      "Competition", "Compute", "Ensembling", "Kaggle", "NeuralNetworks", "Options", "Reporting", "Runs",
      "Scoring",
    ]
  ),
  // Several commands: `Terminal/KitCommands.swift`.
  (
    "tools",
    [
      "Platform", "Checkpoints", "Competition", "Compute", "Ensembling", "Exchange", "Kaggle",
      "NeuralNetworks",
      "Options", "Reporting", "Runs", "Scoring", "Sweeps", "Training", "TrainingObservers",
    ]
  ),
  (
    "train",
    [
      "Competition", "Compute", "NeuralNetworks", "Options", "Reporting", "Runs", "Training",
      "TrainingObservers",
    ]
  ),
]

/// Files that are part of a command's executable, so that it needs none beside it.
func resources(of command: String) -> [Resource] {
  switch command {
  case "serve": [.embedInCode("openapi.json")]
  case "tools":
    ["Notebook/train_and_submit.py", "Tasks/slurm.sh", "Tasks/kubernetes.yaml", "Tasks/parallel.sh"]
      .map { .embedInCode($0) }
  default: []
  }
}

/// A library's tests.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
  settings: [SwiftSetting] = strict
) -> Target {
  .testTarget(
    name: name, dependencies: ["TestSupport", "Foundations"] + dependencies, exclude: exclude,
    swiftSettings: settings)
}

let testTargets: [Target] = [
  .target(
    name: "TestSupport", dependencies: ["Platform", "Foundations", "Competition", "Runs"],
    path: "Tests/TestSupport",
    swiftSettings: strict),
  .target(
    name: "Emulation", dependencies: ["TestSupport", "Platform", "Foundations", "Compute"],
    path: "Tests/Emulation",
    exclude: ["Program/driver.c"], swiftSettings: strict),
  tests("ArchitectureTests", []),
  tests("FoundationsTests", ["Platform"], exclude: ["make_elementary_fixtures.py"]),
  tests(
    "PicturesTests", ["Pictures", "CZlib", "SyntheticDigits"],
    exclude: ["make_picture_fixtures.sh", "Fixtures"],
    settings: hot),
  tests("KernelsTests", ["Compute", "KernelShapes", "Emulation"], settings: hot),
  tests("ComputeTests", ["Platform", "Compute"]),
  tests(
    "NeuralNetworksTests", ["NeuralNetworks", "Checkpoints", "Compute", "KernelShapes", "Emulation"],
    exclude: ["make_pytorch_fixtures.py", "Fixtures"], settings: hot),
  tests("CompetitionTests", ["Competition", "CZlib", "Pictures"]),
  tests("SyntheticDigitsTests", ["SyntheticDigits", "Competition"]),
  tests("ServingTests", ["Platform", "Serving"], settings: hot),
  tests("TerminalTests", ["Platform", "Terminal", argumentParser]),
  tests("AugmentationTests", ["Augmentation", "Compute", "KernelShapes"]),
  tests("CheckpointsTests", ["Checkpoints", "NeuralNetworks", "Augmentation"]),
  tests("ScoringTests", ["Scoring"], exclude: ["make_scoring_fixtures.py"]),
  tests(
    "RunsTests",
    ["Runs", "Scoring", "Checkpoints", "Augmentation", "Competition", "Compute", "NeuralNetworks"]),
  tests("SweepsTests", ["Sweeps", "Runs", "Scoring", "Competition"]),
  tests(
    "OptionsTests",
    ["Options", "Runs", "Augmentation", "Competition", "NeuralNetworks"]),
  tests(
    "TrainingTests",
    ["Training", "Runs", "Checkpoints", "Augmentation", "Competition", "Compute", "NeuralNetworks"]),
  tests(
    "EnsemblingTests",
    [
      "Ensembling", "Runs", "Scoring", "Checkpoints", "Competition", "Compute", "NeuralNetworks",
      "Augmentation",
    ]),
  tests(
    "ReportingTests",
    [
      "Reporting", "Pictures", "Compute", "NeuralNetworks", "Competition", "SyntheticDigits", "Augmentation",
      "Scoring",
      "Runs", "Sweeps",
    ], exclude: ["browser.py"]),
  tests(
    "ExchangeTests",
    [
      "Exchange", "NeuralNetworks", "Augmentation", "Checkpoints", "Competition", "Compute", "Ensembling",
      "Runs",
      "SyntheticDigits", protobuf,
    ]),
  tests("TensorBoardTests", ["TensorBoard", protobuf], exclude: ["read_events.py"]),
  tests(
    "EndToEnd",
    ["kaggle-digits", "Platform", "NeuralNetworks", "Checkpoints", "Pictures", "SyntheticDigits"],
    exclude: ["draw_digits.py", "Kaggle"]),
]

/// Programs that try to break the kit, and the library by which the disk fails them: `Tests/README.md`.
let harnesses: [Target] = [
  .target(name: "FailingDisk", path: "Tests/FailingDisk"),
  .executableTarget(
    name: "torture",
    dependencies: [
      "TestSupport", "Platform", "Foundations", "Competition", "Checkpoints", "Runs", argumentParser,
    ], path: "Tests/Torture", swiftSettings: strict),
  .executableTarget(
    name: "fuzz",
    dependencies: [
      "TestSupport", "Platform", "Foundations", "Compute", "NeuralNetworks", "Competition", "Checkpoints",
      "Scoring", "Runs", "Sweeps", "Training", "Options", "Pictures", "Serving", "Exchange", argumentParser,
    ], path: "Tests/Fuzz", exclude: ["Corpus", "libfuzzer.sh"], swiftSettings: strict),
]

let package = Package(
  name: "kaggle-digits",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "kaggle-digits", targets: ["kaggle-digits"])]
    + commands.map { .executable(name: "kaggle-digits-\($0.name)", targets: ["kaggle-digits-\($0.name)"]) }
    + [.library(name: "FailingDisk", type: .dynamic, targets: ["FailingDisk"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: kernelTargets + [.systemLibrary(name: "CMachine")]
    + [.systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])])]
    + libraries
    + commands.map {
      .executableTarget(
        name: "kaggle-digits-\($0.name)",
        dependencies: ["Terminal", "Foundations", argumentParser] + $0.libraries,
        resources: resources(of: $0.name),
        swiftSettings: strict)
    }
    + [
      .executableTarget(
        name: "kaggle-digits",
        dependencies: ["Platform", "Terminal", "Foundations"]
          + commands.map { .target(name: "kaggle-digits-\($0.name)") },
        swiftSettings: strict)
    ]
    + testTargets + harnesses
)
