#if LIBFUZZER
  import Foundation
  import Foundations
  import TestSupport

  /// The reader that `FUZZ_TARGET` names, with `FUZZ_INPUT` as the file of its inputs.
  nonisolated(unsafe) private let trial: Trial = {
    let environment = ProcessInfo.processInfo.environment
    let name = environment["FUZZ_TARGET"] ?? ""
    guard let target = Target.all.first(where: { $0.name == name }),
      let trial = try? Trial(target, scratch: environment["FUZZ_INPUT"] ?? "")
    else { fatalError("no reader \(name), or no FUZZ_INPUT") }
    return trial
  }()

  /// What libFuzzer calls; it bounds time and memory itself.
  @_cdecl("LLVMFuzzerTestOneInput") public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int)
    -> Int32
  {
    if case .found(let reason) = trial.run(Array(UnsafeBufferPointer(start: bytes, count: count))) {
      fatalError(reason)
    }
    return 0
  }
#endif
