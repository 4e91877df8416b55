#!/usr/bin/env bash
# The libraries' tests and a short training under a sanitizer: Tests/sanitize.sh thread|address
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?thread or address}
build=.build/$kind
# The allocator of the address sanitizer keeps what is freed; leaks at exit are no fault of a command.
export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1
# Optimized: otherwise the thread sanitizer had not come to an end after an hour and three quarters.
options=(-c release -Xswiftc -enable-testing --sanitize "$kind" --scratch-path "$build")
swift build "${options[@]}" --build-tests
if [ "$kind" = thread ]; then
  clang -shared -fPIC -O1 -Wall -Werror Tests/sanitize-mutex.c -o "$build/mutex.so"
  export LD_PRELOAD=$PWD/$build/mutex.so
fi
# End-to-end tests only run the executables, the kernels' tests look for vector instructions in machine code, no sanitizer
# sees what an emulated processor does, and gradients are compared with a slow reference on one thread.
swift test "${options[@]}" --skip-build \
  --skip EndToEnd --skip ArchitectureTests --skip MachineCodeTests --skip EmulationTests --skip GradientTests
PATH="$PWD/$build/release:$PATH"
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
