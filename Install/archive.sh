#!/usr/bin/env bash
# Makes an archive of executables that need no Swift, for other machines and for Kaggle's.
set -euo pipefail
cd "$(dirname "$0")/.."

usage="usage: Install/archive.sh [FOLDER]

Builds the kit with Swift's libraries inside and writes FOLDER/kaggle-digits-VERSION-linux-ARCHITECTURE.tar.xz, in the
current folder by default. Unpacked anywhere, its kaggle-digits runs on Linux with glibc 2.35 or later, libstdc++ and
zlib. Completions and manual pages are in its folder share."
case "${1-}" in -h | --help) echo "$usage"; exit ;; -*) echo "$usage" >&2; exit 64 ;; esac
[ $# -le 1 ] || { echo "$usage" >&2; exit 64; }
folder=${1:-.}
case $folder in /*) ;; *) folder=$OLDPWD/$folder ;; esac
folder=$(cd "$folder" && pwd)

swift build -c release --static-swift-stdlib --scratch-path .build/static --product kaggle-digits
source Install/put.sh
build=.build/static/release
name=kaggle-digits-$("$build/kaggle-digits" --version)-linux-$(uname -m)
stage=.build/archive/$name
rm -rf .build/archive
put "$build" "$stage" "$stage/share"
cp LICENSE "$stage"
for file in "$stage"/kaggle-digits*; do strip "$file"; done
.ci/glibc "$stage"

tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C .build/archive -cf - "$name" |
  xz "${XZ_LEVEL:--9}" --threads=1 > "$folder/.$name.tar.xz.partial"
mv "$folder/.$name.tar.xz.partial" "$folder/$name.tar.xz"
echo "archive: $folder/$name.tar.xz ($(du -h "$folder/$name.tar.xz" | cut -f 1))"
