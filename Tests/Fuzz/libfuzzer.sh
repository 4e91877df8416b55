#!/usr/bin/env bash
# The kit's readers under libFuzzer and the address sanitizer: Tests/Fuzz/libfuzzer.sh SECONDS [READER ...]
# New inputs stay in .build/libfuzzer/corpus; what is found goes to .build/fuzz-findings, and then into Tests/Fuzz/Corpus.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:?seconds for each reader}
shift
[ $# -gt 0 ] || set -- $(ls Tests/Fuzz/Corpus)
# SwiftPM orders the two sanitizers by a hash: in another order all would be built anew.
export SWIFT_DETERMINISTIC_HASHING=1
swift build -c release --sanitize fuzzer --sanitize address --scratch-path .build/libfuzzer --product fuzz \
  -Xswiftc -DLIBFUZZER
mkdir -p .build/fuzz-findings
export FUZZ_INPUT=/dev/shm/kaggle-digits-fuzz-$$ FUZZ_TARGET
trap 'rm -f "$FUZZ_INPUT" "$FUZZ_INPUT.copy"' EXIT
status=0
for FUZZ_TARGET in "$@"; do
  reader=$FUZZ_TARGET
  mkdir -p ".build/libfuzzer/corpus/$reader"
  .build/libfuzzer/release/fuzz ".build/libfuzzer/corpus/$reader" "Tests/Fuzz/Corpus/$reader" \
    -max_total_time="$seconds" -max_len=65536 -timeout=5 -rss_limit_mb=2048 -malloc_limit_mb=512 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix=".build/fuzz-findings/$reader-" 2> ".build/libfuzzer/$reader.log" ||
    { status=1; tail -40 ".build/libfuzzer/$reader.log"; }
  printf '%-20s %s runs\n' "$reader" "$(sed -n 's/^stat::number_of_executed_units: *//p' ".build/libfuzzer/$reader.log")"
done
exit $status
