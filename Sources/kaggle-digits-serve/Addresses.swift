import Foundations
import Platform
import Terminal

/// Where the page can be opened: a server at all addresses of the machine is reached at each of them.
func pageAddresses(of address: (host: String, port: UInt16), asked host: String) -> [String] {
  func page(_ host: String) -> String {
    "http://\(host.contains(":") ? "[\(host)]" : host):\(address.port)/"
  }
  if ["0.0.0.0", "::"].contains(address.host) {
    return (networkAddresses() + ["127.0.0.1"]).map(page)
  }
  // A name that was given is one that browsers may use.
  return [page(isLoopback(address.host) ? address.host : host)]
}

/// Who can open the page of a server that listens at an address.
func audience(of address: String) -> String {
  isLoopback(address)
    ? "only this computer can open it"
    : "anyone on the network can open it and use this computer's processor; what is sent is not encrypted"
}

private func isLoopback(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" }

/// Opens the system's browser, or says that it can't.
func openBrowser(_ address: String) {
  let folders = getenv("PATH").map { String(cString: $0) } ?? ""
  for name in ["xdg-open", "open"] {
    for folder in folders.split(separator: ":") where access("\(folder)/\(name)", X_OK) == 0 {
      let started = spawn(
        "\(folder)/\(name)", [name, address], defaultSignals: ignoredSignals + [SIGINT, SIGTERM, SIGHUP],
        output: STDERR_FILENO)
      if started.error == 0 { return }
    }
  }
  note("note: no browser was found; open the address in one")
}
