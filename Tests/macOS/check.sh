#!/usr/bin/env bash
# Type-checks what the kit asks of macOS, on Linux: `Platform` and `Foundations` against Apple's own headers, which the
# Python package ziglang ships. By hand: it fetches 100 MB. This toolchain has no standard library for macOS, so that the
# one for Embedded Swift on arm64 stands in for it, and what that lacks is declared at the end, as Swift's overlay of Darwin
# declares it (stdlib/public/Platform/Platform.swift). What is linked and how it runs is not known from this.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
work=$repository/.build/macos
headers=$work/ziglang/lib/libc/include/any-darwin-any
mkdir -p "$work"
cd "$work"
if [ ! -e "$headers" ]; then
  python3 -m pip download -q --no-deps -d . ziglang
  python3 - <<'PYTHON'
import glob, zipfile
wheel = zipfile.ZipFile(glob.glob("ziglang-*.whl")[0])
wheel.extractall(".", [name for name in wheel.namelist() if "libc/include/any-darwin-any/" in name])
PYTHON
fi

for header in sys/types sys/param sys/mount sys/mman sys/stat sys/socket sys/sysctl sys/resource sys/wait sys/ioctl \
  sys/file sys/time sys/statvfs netinet/in netinet/tcp arpa/inet ifaddrs netdb net/if pthread signal spawn stdio \
  stdlib string strings unistd fcntl errno time termios dirent limits math poll crt_externs; do
  echo "#include <$header.h>"
done > Darwin.h
echo '#include <mach-o/dyld.h>' > MachO.h
printf 'module %s [system] { header "%s.h" export * }\n' Darwin Darwin MachO MachO > module.modulemap

cat > Overlay.swift <<'SWIFT'
@_exported import Darwin
public var errno: Int32 { get { __error().pointee } set { __error().pointee = newValue } }
public func fcntl(_ file: Int32, _ command: Int32) -> Int32 { 0 }
public func fcntl(_ file: Int32, _ command: Int32, _ value: Int32) -> Int32 { 0 }
public func open(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 { 0 }
public func open(_ path: UnsafePointer<CChar>, _ flags: Int32, _ mode: mode_t) -> Int32 { 0 }
public func openat(_ file: Int32, _ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 { 0 }
public var SIG_DFL: (@convention(c) (Int32) -> Void)? { nil }
public var SIG_IGN: @convention(c) (Int32) -> Void { unsafeBitCast(1, to: (@convention(c) (Int32) -> Void).self) }
public var S_IFMT: mode_t { 0o170000 }
public var S_IFDIR: mode_t { 0o040000 }
public var S_IFREG: mode_t { 0o100000 }
public var S_IFIFO: mode_t { 0o010000 }
public var S_IFCHR: mode_t { 0o020000 }
public var S_IFLNK: mode_t { 0o120000 }
public var S_IFSOCK: mode_t { 0o140000 }
SWIFT
cat > Missing.swift <<'SWIFT'
extension StringProtocol { func replacing(_ first: String, with second: String) -> String { String(self) } }
struct Mutex<Value>: ~Copyable, @unchecked Sendable {
  init(_ value: Value) {}
  func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
    fatalError()
  }
}
SWIFT

compiler=$(dirname "$(readlink -f "$(command -v swiftc)")")
options=(-swift-version 6 -package-name kaggle-digits -parse-as-library -wmo -I .
  -target arm64-apple-none-macho -enable-experimental-feature Embedded
  -Xcc -nostdinc -Xcc -isystem -Xcc "$(echo "$compiler"/../lib/clang/*/include)" -Xcc -isystem -Xcc "$headers"
  -Xcc -fmodule-map-file="$work/module.modulemap" -Xcc -fgnuc-version=4.2.1 -Xcc -D__APPLE__ -Xcc -DTARGET_OS_OSX=1
  -Xcc -D__ENVIRONMENT_MAC_OS_X_VERSION_MIN_REQUIRED__=150000)
check() {
  local name=$1
  shift
  swiftc "${options[@]}" -typecheck -module-name "$name" "$@"
  echo "$name: no error against macOS's headers"
}
check Platform "$repository"/Sources/Platform/*.swift Overlay.swift Missing.swift
swiftc "${options[@]}" -emit-module -module-name Platform "$repository"/Sources/Platform/*.swift Overlay.swift Missing.swift
mapfile -t files < <(find "$repository/Sources/Foundations" -name '*.swift')
check Foundations "${files[@]}" Missing.swift
