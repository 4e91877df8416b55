// What Linux tells in files of `/proc` and `/sys`. Their texts are read here whatever the system, so that the tests are the
// same everywhere; which system has such files is said in `Differences.swift`.

/// The text of a small file of the system; nil if there is none.
func systemFile(_ path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
  return String(decoding: bytes, as: UTF8.self)
}

/// The processors in the affinity mask by the text of `/proc/self/status`, see proc(5): hexadecimal digits, with a comma
/// after every 32 bits. Nil if it has no mask.
package func allowedProcessors(status: String) -> Int? {
  let name = "Cpus_allowed:"
  guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
  let count = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
  return count > 0 ? count : nil
}

/// How many processors the cgroup's quota pays for, rounded up (version 2's `cpu.max`, version 1's
/// `cpu.cfs_quota_us`); nil without a quota.
func cgroupQuota() -> Int? {
  func numbers(_ path: String) -> [Int] {
    (systemFile(path) ?? "").split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { Int($0) }
  }
  func processors(_ quota: Int?, _ period: Int?) -> Int? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return (quota + period - 1) / period
  }
  let both = numbers("/sys/fs/cgroup/cpu.max")
  if both.count == 2 { return processors(both[0], both[1]) }
  return processors(
    numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").first,
    numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us").first)
}
