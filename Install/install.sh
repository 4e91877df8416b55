#!/usr/bin/env bash
# Installs the kit: its executables, completions for bash, zsh and fish, and manual pages.
set -euo pipefail
cd "$(dirname "$0")/.."

usage="usage: Install/install.sh [PREFIX]

Builds the kit and puts it into PREFIX, ~/.local by default: PREFIX/bin/kaggle-digits, a link to the executables in
PREFIX/lib/kaggle-digits; completions and manual pages in PREFIX/share. To remove it:
rm -r PREFIX/lib/kaggle-digits PREFIX/bin/kaggle-digits"
case "${1-}" in -h | --help) echo "$usage"; exit ;; -*) echo "$usage" >&2; exit 64 ;; esac
[ $# -le 1 ] || { echo "$usage" >&2; exit 64; }
prefix=${1:-$HOME/.local}
case $prefix in /*) ;; *) prefix=$OLDPWD/$prefix ;; esac
mkdir -p "$prefix/bin"
prefix=$(cd "$prefix" && pwd)

swift build -c release --product kaggle-digits
source Install/put.sh
put .build/release "$prefix/lib/kaggle-digits" "$prefix/share"
ln -sfn ../lib/kaggle-digits/kaggle-digits "$prefix/bin/kaggle-digits"

echo "installed: $prefix/bin/kaggle-digits ($("$prefix/bin/kaggle-digits" --version))"
case ":$PATH:" in
*":$prefix/bin:"*) echo "next: kaggle-digits demo" ;;
*) echo "next: put it on your path, also in your shell's profile: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
