#!/usr/bin/env bash
# Makes an archive of executables that need no Swift, for other machines and for Kaggle's.
set -euo pipefail
cd "$(dirname "$0")/.."

usage="usage: Install/archive.sh [FOLDER]

Builds the kit with Swift's libraries inside and writes FOLDER/kaggle-digits-VERSION-linux-ARCHITECTURE.tar.xz, in the
current folder by default. Unpacked anywhere, kaggle-digits-VERSION-linux-ARCHITECTURE/bin/kaggle-digits runs on Linux
with glibc 2.35 or later and zlib."
case "${1-}" in -h | --help) echo "$usage"; exit ;; -*) echo "$usage" >&2; exit 64 ;; esac
[ $# -le 1 ] || { echo "$usage" >&2; exit 64; }
folder=$(cd "${1:-$OLDPWD}" && pwd)

swift build -c release --static-swift-stdlib --scratch-path .build/static --product kaggle-digits
source Install/put.sh
build=.build/static/release
name=kaggle-digits-$("$build/kaggle-digits" --version)-linux-$(uname -m)
stage=.build/archive/$name
rm -rf .build/archive
put "$build" "$stage"
cp LICENSE "$stage"
strip "$stage"/lib/kaggle-digits/kaggle-digits "$stage"/lib/kaggle-digits/kaggle-digits-* 2> /dev/null || true

# Kaggle's machines have glibc 2.35.
newest=$(objdump -T "$stage"/lib/kaggle-digits/* 2> /dev/null | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1)
echo "newest symbols: $newest"
[ "$(printf '%s\nGLIBC_2.35\n' "$newest" | sort -V | tail -n 1)" = GLIBC_2.35 ] || {
  echo "error: the executables need $newest; Kaggle's machines have GLIBC_2.35" >&2
  exit 1
}

tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C .build/archive -cf - "$name" |
  xz -9 --threads=1 > "$folder/.$name.tar.xz.partial"
mv "$folder/.$name.tar.xz.partial" "$folder/$name.tar.xz"
echo "archive: $folder/$name.tar.xz ($(du -h "$folder/$name.tar.xz" | cut -f 1))"
