import Foundations
import Terminal

/// A script that completes commands in a shell, and their options by each command's own script, which it gets from the
/// command when it is first needed.
///
/// The words after a command are completed as if its executable had been typed: `kaggle-digits train --da` like
/// `kaggle-digits-train --da`.
///
/// - Parameter shell: `bash`, `zsh` or `fish`.
/// - Throws: `usage` for other shells.
func completionScript(shell: String) throws(KitError) -> String {
  switch shell {
  case "bash": return bashScript
  case "zsh": return zshScript
  case "fish": return fishScript
  default:
    throw KitError(.usage, "there is no completion script for '\(shell)'; it must be bash, zsh or fish")
  }
}

private let names = kitCommands.map(\.name).joined(separator: " ")
private let options = "--help --version --generate-completion-script"

private let bashScript = """
  #!/bin/bash

  _kaggle-digits() {
      local front="${COMP_WORDS[0]}" command="${COMP_WORDS[1]}" word="${2}" previous="${3}"
      COMPREPLY=()
      if [[ "${COMP_CWORD}" -eq 1 ]]; then
          local words='\(names) help'
          [[ "${word}" = -* ]] && words='\(options)'
          COMPREPLY=($(compgen -W "${words}" -- "${word}"))
          return
      fi
      case "${command}" in
      help)
          [[ "${COMP_CWORD}" -eq 2 ]] && COMPREPLY=($(compgen -W '\(names)' -- "${word}"))
          ;;
      --generate-completion-script)
          [[ "${COMP_CWORD}" -eq 2 ]] && COMPREPLY=($(compgen -W 'bash zsh fish' -- "${word}"))
          ;;
      \(kitCommands.map(\.name).joined(separator: "|")))
          local executable="kaggle-digits-${command}"
          if ! declare -F "_${executable}" >/dev/null; then
              eval "$("${front/#\\~/${HOME}}" "${command}" --generate-completion-script bash 2>/dev/null)"
              declare -F "_${executable}" >/dev/null || return
          fi
          COMP_WORDS=("${executable}" "${COMP_WORDS[@]:2}")
          COMP_CWORD=$((COMP_CWORD - 1))
          COMP_LINE="${COMP_WORDS[*]}"
          COMP_POINT="${#COMP_LINE}"
          "_${executable}" "${executable}" "${word}" "${previous}"
          ;;
      esac
  }

  complete -o filenames -F _kaggle-digits kaggle-digits
  """

/// The commands as zsh's `_describe` wants them.
private let zshCommands = kitCommands.map { "\($0.name):\($0.summary)" } + ["help:\(helpSummary)"]
private let helpSummary = "Shows the commands, or one command's options."

private let zshScript = """
  #compdef kaggle-digits

  _kaggle-digits() {
      if (( CURRENT == 2 )); then
          local -a commands=(
  \(zshCommands.map { "            \(quoted($0))" }.joined(separator: "\n"))
          )
          if [[ "${words[2]}" = -* ]]; then
              compadd -- \(options)
          else
              _describe -V command commands
          fi
          return
      fi
      local command="${words[2]}"
      case "${command}" in
      help)
          (( CURRENT == 3 )) && compadd -- \(names)
          ;;
      --generate-completion-script)
          (( CURRENT == 3 )) && compadd -- bash zsh fish
          ;;
      \(kitCommands.map(\.name).joined(separator: "|")))
          local executable="kaggle-digits-${command}"
          if (( ! ${+functions[_${executable}]} )); then
              eval "$("${(Q)words[1]/#\\~/${HOME}}" "${command}" --generate-completion-script zsh 2>/dev/null)"
              (( ${+functions[_${executable}]} )) || return 1
          fi
          words=("${executable}" "${(@)words[3,-1]}")
          (( CURRENT-- ))
          "_${executable}"
          ;;
      esac
  }

  if [[ "${funcstack[1]}" = _kaggle-digits ]]; then
      _kaggle-digits "${@}"
  else
      compdef _kaggle-digits kaggle-digits
  fi
  """

private let fishScript = """
  # Whether there are between $least and $most words before the cursor's, and the second is one of the others given.
  function __kaggle_digits_after -a least most
      set -l words (commandline -opc)
      test (count $words) -ge $least -a (count $words) -le $most
      and begin
          test $least -lt 2
          or contains -- $words[2] $argv[3..]
      end
  end

  function __kaggle_digits_executable
      set -l words (commandline -opc)
      set -l executable kaggle-digits-$words[2]
      if not contains -- $executable $__kaggle_digits_executables
          set -g -a __kaggle_digits_executables $executable
          command $words[1] $words[2] --generate-completion-script fish 2>/dev/null | source
      end
      complete -C (string join ' ' -- $executable (string escape -- $words[3..]) (commandline -ct))
  end

  complete -c kaggle-digits -f
  \(kitCommands.map { fishFirst("-a \($0.name) -d '\(fishQuoted($0.summary))'") }.joined(separator: "\n"))
  \(fishFirst("-a help -d '\(fishQuoted(helpSummary))'"))
  \(fishFirst("-l help -d 'Shows the commands.'"))
  \(fishFirst("-l version -d 'Shows the version.'"))
  \(fishFirst("-l generate-completion-script -d 'Prints a script like this one.'"))
  complete -c kaggle-digits -n '__kaggle_digits_after 2 2 --generate-completion-script' -a 'bash zsh fish'
  complete -c kaggle-digits -n '__kaggle_digits_after 2 2 help' -a '\(names)'
  complete -c kaggle-digits -n '__kaggle_digits_after 2 9999 \(names)' -a '(__kaggle_digits_executable)'
  """

/// A completion of the first word after `kaggle-digits`.
private func fishFirst(_ completion: String) -> String {
  "complete -c kaggle-digits -n '__kaggle_digits_after 1 1' \(completion)"
}

/// A text for fish's single quotes, without the quotes.
private func fishQuoted(_ text: String) -> String {
  text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
}
