#!/usr/bin/env python3
"""Writes a smaller digit-recognizer.zip in Kaggle's exact form: .ci/cut.py KAGGLES_ZIP OUTPUT_ZIP

Of train.csv the first rows of each digit, in their order and as many of each as its share of 6,000 rows; of test.csv and
sample_submission.csv the first 4,000 rows. Lines are copied byte for byte.
"""
import sys
import zipfile
from collections import Counter

TRAINING_ROWS = 6000
TEST_ROWS = 4000


def stratified(rows: list[bytes], count: int) -> list[bytes]:
    """The first rows of each digit, each digit's share of `count`, in the order of the file."""
    digits = [row.split(b",", 1)[0] for row in rows]
    left = Counter({digit: round(count * rows_of_it / len(rows)) for digit, rows_of_it in Counter(digits).items()})
    kept = []
    for digit, row in zip(digits, rows, strict=True):
        if left[digit] > 0:
            left[digit] -= 1
            kept.append(row)
    return kept


def main() -> None:
    source, output = sys.argv[1:]
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as cut:
        for name in ["sample_submission.csv", "test.csv", "train.csv"]:
            header, *rows = whole.read(name).splitlines(keepends=True)
            rows = stratified(rows, TRAINING_ROWS) if name == "train.csv" else rows[:TEST_ROWS]
            cut.writestr(name, header + b"".join(rows))
            print(f"{output}/{name}: {len(rows):,} rows")


main()
