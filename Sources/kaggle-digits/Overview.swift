import Foundations
import Terminal

/// The text of `kaggle-digits`, `kaggle-digits --help` and `kaggle-digits help`.
var overview: String {
  let width = kitCommands.map(\.name.count).max() ?? 0
  let commands = kitCommands.map { "  \($0.name.padded(to: width))  \($0.summary)" }
  return """
    kaggle-digits trains convolutional networks on Kaggle's Digit Recognizer and writes submissions.

    USAGE: kaggle-digits <command> [<options>]

    COMMANDS:
    \(commands.joined(separator: "\n"))

    GETTING STARTED:
      kaggle-digits demo
          Try it; no data needed.
      kaggle-digits train --data digit-recognizer.zip --members 5
          Get the file by kaggle-digits download, or from
          https://www.kaggle.com/competitions/digit-recognizer/data.
          The last lines of the output name the run's folder.
      kaggle-digits submit RUN --data digit-recognizer.zip
          The last lines of the output name the file to upload.

    MORE:
      kaggle-digits help <command>      show a command's options and their defaults
      kaggle-digits --version           show the version
      kaggle-digits --generate-completion-script bash|zsh|fish
                                        print a script that completes commands and options
    """
}
