/// Whether this process ignores a signal, as it does when its caller ignored it (`nohup`, a script's background job).
/// Async-signal-safe.
public func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  sigaction(number, nil, &action)
  return unsafeBitCast(handler(action), to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
