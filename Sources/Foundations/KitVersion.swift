/// The kit's version, as `--version` prints it and manifests record it.
public let kitVersion = "0.1.0"
