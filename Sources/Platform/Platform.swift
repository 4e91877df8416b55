/// The system's C library under one name, whichever the platform calls it.
#if canImport(Glibc)
  @preconcurrency @_exported import Glibc
#elseif canImport(Darwin)
  @preconcurrency @_exported import Darwin
#endif
