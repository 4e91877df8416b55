import Terminal

/// What `kaggle-digits`, `kaggle-digits --help` and `kaggle-digits help` print.
var overview: String {
  let width = kitCommands.map(\.name.count).max() ?? 0
  let commands = kitCommands.map {
    "  \($0.name)\(String(repeating: " ", count: width - $0.name.count))  \($0.summary)"
  }
  return """
    kaggle-digits trains convolutional networks on Kaggle's Digit Recognizer and writes submissions.

    USAGE: kaggle-digits <command> [<options>]

    COMMANDS:
    \(commands.joined(separator: "\n"))

    THE USUAL ORDER:
      kaggle-digits demo
          Try it: needs no data.
      kaggle-digits train --data digit-recognizer.zip --members 5
          The file is from https://www.kaggle.com/competitions/digit-recognizer/data.
          The end of the output names the run's folder.
      kaggle-digits submit RUN --data digit-recognizer.zip
          The end of the output names the file to upload.

    MORE:
      kaggle-digits help <command>      a command's options and their defaults
      kaggle-digits --version           the version
      kaggle-digits --generate-completion-script bash|zsh|fish
                                        completes commands and options, once sourced
    """
}
