#!/usr/bin/env bash
# The libraries' tests and a short training under a sanitizer: Tests/sanitize.sh thread|address
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?thread or address}
build=.build/$kind
# The allocator of the address sanitizer keeps what is freed; leaks at exit are no fault of a command.
export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1
swift build --build-tests --sanitize "$kind" --scratch-path "$build"
# End-to-end tests only run the executables, and the kernels' tests look for vector instructions in machine code.
swift test --skip-build --sanitize "$kind" --scratch-path "$build" \
  --skip EndToEnd --skip ArchitectureTests --skip MachineCodeTests
PATH="$PWD/$build/debug:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
kaggle-digits-sample --output data --train-rows 200 --test-rows 50 --quiet
train=(--data data --batch 32 --epochs 2 --members 2 --threads 4 --quiet)
kaggle-digits-train "${train[@]}" --network 4C3-B-P2-D25-8N --ema 0.9 --output run
kaggle-digits-train "${train[@]}" --network 4C5S3p-B-8N --average-checkpoints 2 --threads 1 --output one
kaggle-digits-cross-validate "${train[@]}" --network 4C5S3p-P2-8N --folds 2 --output folds
kaggle-digits-submit run folds --data data --output submission.csv --quiet
kaggle-digits-report run folds --output page.html
echo "$kind sanitizer: nothing found"
