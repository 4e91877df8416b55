import Foundation
import TestSupport
import Testing

/// The house is built as `layers` says, and `Package.swift` says the same as the import lines.
@Suite struct ArchitectureTests {
  let house: House

  init() throws { house = try House(readingFrom: repository) }

  /// What the other tests look at is really there, so that none of them passes for want of text.
  @Test func everyTargetIsFound() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: "\(repository)/Sources")
      .filter { $0 == module($0) && !$0.contains(".") }
    let libraries: Set = ["CMachine", "CZlib"]
    #expect(Set(house.listed.keys).union(libraries) == Set(folders))
    #expect(Set(house.files.map(\.target)).union(libraries) == Set(folders))
    #expect(Set(layers.joined()).union(house.commands).union(["kaggle-digits"]) == Set(folders))
    #expect(house.listed["Foundations"] == ["Platform"])
  }

  @Test func importsPointDown() {
    #expect(house.importsThatDoNotPointDown == [])
  }

  @Test func modulesThatAreToKnowLittleKnowLittle() {
    #expect(house.importsOfWhatIsNotToBeKnown == [])
  }

  @Test func dependenciesAreWhereTheyBelong() {
    #expect(house.importsFromOutside == [])
  }

  @Test func packageListsWhatIsImported() {
    #expect(house.differencesFromThePackage == [])
  }

  @Test func noTypeIsNamedLikeAModule() {
    #expect(house.typesNamedLikeModules == [])
  }

  @Test func oneFileKnowsTheSystem() {
    #expect(house.forksOfTheSystem == [])
    // Where the differences are, so that the rule is not about nothing.
    #expect(house.files.filter(\.asksForTheSystem).map(\.path) == ["Platform/Differences.swift"])
    #expect(house.tests.filter(\.asksForTheSystem).map(\.path) == ["TestSupport/Differences.swift"])
  }

  /// Each rule finds what is against it, in a file that is added to the house.
  @Test func theRulesFindWhatIsAgainstThem() {
    let added: [(rule: KeyPath<House, [String]>, target: String, text: String, complaint: String)] = [
      (\.importsThatDoNotPointDown, "Compute", "import NeuralNetworks", "NeuralNetworks, which is not below"),
      (\.importsThatDoNotPointDown, "Competition", "import Checkpoints", "Checkpoints, which is not below"),
      (\.importsThatDoNotPointDown, "Ensembling", "internal import Terminal", "Terminal, which is not below"),
      (\.importsThatDoNotPointDown, "Elsewhere", "import Compute", "Elsewhere/Added.swift is in no layer"),
      (\.importsThatDoNotPointDown, "kaggle-digits-demo", "import kaggle_digits_train", "is not below"),
      (\.importsOfWhatIsNotToBeKnown, "Kernels", "import Foundations", "knows only CMachine, KernelShapes"),
      (\.importsOfWhatIsNotToBeKnown, "KernelsAVX2", "import Platform", "knows only CMachine, KernelShapes"),
      (
        \.importsOfWhatIsNotToBeKnown, "Scoring", "@testable import Compute", "Scoring knows only Foundations"
      ),
      (\.importsOfWhatIsNotToBeKnown, "Terminal", "import struct Runs.Recipe", "Terminal knows only"),
      (\.importsFromOutside, "Reporting", "public import SwiftProtobuf", "only Exchange, TensorBoard may"),
      (\.importsFromOutside, "Runs", "import ArgumentParser", "imports ArgumentParser; only"),
      (\.importsFromOutside, "Compute", "  @preconcurrency import Glibc", "Glibc; only Platform may"),
      (\.importsFromOutside, "Runs", "import Foundation", "Foundation; only Exchange, TensorBoard may"),
      (\.importsFromOutside, "Runs", "import NIO", "NIO, which is in no layer"),
      (\.differencesFromThePackage, "Scoring", "import Platform", "Scoring imports Platform, which Package"),
      (\.differencesFromThePackage, "Elsewhere", "", "Elsewhere is not found in Package.swift"),
      (\.typesNamedLikeModules, "Runs", "public final class Training {", "declares Training"),
      (\.typesNamedLikeModules, "Runs", "typealias Scoring = Int", "declares Scoring"),
      (\.forksOfTheSystem, "Runs", "#if canImport(Glibc)", "Runs/Added.swift asks which system"),
      (\.forksOfTheSystem, "Platform", "  #elseif !os(Linux)", "Platform/Added.swift asks which system"),
    ]
    for (rule, target, text, complaint) in added {
      var changed = house
      changed.files.append(House.File(path: "\(target)/Added.swift", text: "\(text)\n"))
      let found = Set(changed[keyPath: rule]).subtracting(house[keyPath: rule])
      #expect(found.count == 1 && found.first?.contains(complaint) == true, "\(text) in \(target): \(found)")
    }
  }

  @Test func whatIsListedAndNotUsedIsFound() {
    var changed = house
    changed.listed["Scoring"]?.insert("Platform")
    #expect(changed.differencesFromThePackage.contains("Scoring lists Platform, which no file of it imports"))
    changed = house
    changed.files.removeAll { $0.target == "Scoring" }
    #expect(changed.differencesFromThePackage.contains("Scoring has no Swift file"))
  }

  @Test func commentsImportNothing() {
    let file = House.File(
      path: "Runs/Added.swift", text: "// import Compute\n/// import Training\nimport Scoring // x")
    #expect(file.imports == ["Scoring"])
  }
}
