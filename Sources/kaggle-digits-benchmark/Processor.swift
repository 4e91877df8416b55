import Foundations
import Platform

/// The processor's name; `unknown` if the system does not tell.
let processorName: String = {
  #if os(Linux)
    let bytes = (try? InputFile.bytes(ofFileAt: "/proc/cpuinfo", limit: 1 << 26)) ?? []
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) } ?? "unknown"
  #else
    var size = 256
    var name = [CChar](repeating: 0, count: size)
    guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  #endif
}()
