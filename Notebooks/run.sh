#!/bin/sh
# Runs the five notebooks with a built kit; fails if a cell fails.
#
#   Notebooks/run.sh [--save] KIT [OUTPUT]
#
# KIT is the folder with the kit's executables, such as .build/release. The executed notebooks and the files they write go
# to OUTPUT (default: a temporary folder, deleted at the end). The committed notebooks do not change, unless --save writes
# the outputs into them. --save always uses the synthetic sample and ignores KAGGLE_DIGITS_DATA, so that no competition data
# is committed. The python3 on your PATH needs the packages of requirements.txt.
set -eu

usage() {
  sed -n 's/^#   /usage: /p' "$0" >&2
  exit 64
}

save=false
if [ "${1:-}" = --save ]; then
  save=true
  unset KAGGLE_DIGITS_DATA
  shift
fi
[ $# -eq 1 ] || [ $# -eq 2 ] || usage
kit=$(cd "$1" && pwd)
if [ $# -eq 2 ]; then
  mkdir -p "$2"
  output=$(cd "$2" && pwd)
else
  output=$(mktemp -d)
  trap 'rm -rf "$output"' EXIT
fi
if [ -n "${KAGGLE_DIGITS_DATA:-}" ]; then
  KAGGLE_DIGITS_DATA=$(realpath "$KAGGLE_DIGITS_DATA")
  export KAGGLE_DIGITS_DATA
fi

cd "$(dirname "$0")"
cp [1-5]-*.ipynb "$output"
cd "$output"
PATH="$kit:$PATH"
export PATH
# Times and versions are not recorded, so that saving a notebook again changes only its outputs.
python3 -m nbconvert --to notebook --execute --inplace \
  --ExecutePreprocessor.record_timing=False \
  --ClearMetadataPreprocessor.enabled=True \
  --ClearMetadataPreprocessor.preserve_nb_metadata_mask="{('kernelspec',), ('language_info', 'name')}" \
  [1-5]-*.ipynb
if $save; then
  # Output arrives in pieces that depend on timing. Joining them takes a second pass, since the first joins before it executes.
  python3 -m nbconvert --to notebook --inplace --coalesce-streams [1-5]-*.ipynb
  cp [1-5]-*.ipynb "$OLDPWD"
fi
