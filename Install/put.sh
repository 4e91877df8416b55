# put BUILD LIBRARY SHARE copies the built executables of a folder into another, and writes completions and manual pages.

# Each word of `kaggle-digits --help` that names a command.
commands_of() { "$1/kaggle-digits" --help | sed -n '/^COMMANDS:/,/^$/s/^  \([a-z-]*\)  .*/\1/p'; }

# swift-argument-parser's generator of manual pages, which is built once.
manual_generator() {
  local package=.build/checkouts/swift-argument-parser
  swift build --package-path "$package" --scratch-path .build/manual --product generate-manual >&2
  echo .build/manual/debug/generate-manual
}

# The day of the last change, so that the same sources make the same pages.
page_date() { git log -1 --format=%cs 2> /dev/null || echo 2026-01-01; }

# The page of a command, without the sections about subcommands, which it does not have.
manual_page() {
  "$1" "$2" --date "$(page_date)" --output-directory - |
    sed -e '/^\.Ar subcommand$/d' -e '/^\.It Em help$/,/^\.El$/d'
}

put() {
  local build=$1 library=$2 share=$3 command generator
  mkdir -p "$library" "$share/man/man1" "$share/bash-completion/completions" \
    "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
  # A new file, renamed over the old one: an old one may be running.
  for file in "$build"/kaggle-digits "$build"/kaggle-digits-*; do
    if [ -x "$file" ] && [ -f "$file" ]; then
      cp "$file" "$library/.new"
      mv "$library/.new" "$library/${file##*/}"
    fi
  done
  "$library/kaggle-digits" --generate-completion-script bash > "$share/bash-completion/completions/kaggle-digits"
  "$library/kaggle-digits" --generate-completion-script zsh > "$share/zsh/site-functions/_kaggle-digits"
  "$library/kaggle-digits" --generate-completion-script fish > "$share/fish/vendor_completions.d/kaggle-digits.fish"
  generator=$(manual_generator)
  for command in $(commands_of "$library"); do
    # The generator runs what it describes by one name: a command that shares an executable gets a link.
    mkdir -p .build/manual/links
    ln -sfn "$PWD/$build/kaggle-digits-$command" ".build/manual/links/kaggle-digits-$command"
    [ -e "$build/kaggle-digits-$command" ] ||
      ln -sfn "$PWD/$build/kaggle-digits-tools" ".build/manual/links/kaggle-digits-$command"
    manual_page "$generator" ".build/manual/links/kaggle-digits-$command" > "$share/man/man1/kaggle-digits-$command.1"
  done
  {
    printf '.Dd %s\n' "$(date -u -d "$(page_date)" '+%B %-d, %Y')"
    printf '.Dt KAGGLE-DIGITS 1\n.Os\n.Sh NAME\n.Nm kaggle-digits\n.Nd convolutional networks for Digit Recognizer\n'
    printf '.Sh DESCRIPTION\n.Bd -literal\n'
    "$library/kaggle-digits" --help | sed -e 's/\\/\\e/g' -e "s/^[.']/\\\\\&&/"
    printf '.Ed\n.Sh SEE ALSO\n'
    for command in $(commands_of "$library"); do printf '.Xr kaggle-digits-%s 1\n' "$command"; done
  } > "$share/man/man1/kaggle-digits.1"
}
