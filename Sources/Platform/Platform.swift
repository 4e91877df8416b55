// The system's C library under one name, whichever the platform calls it. Where the C libraries' types differ in Swift
// (threads, spawning), the differences are in this folder.
#if canImport(Glibc)
  @preconcurrency @_exported import Glibc
#elseif canImport(Darwin)
  @preconcurrency @_exported import Darwin
#endif
