#!/usr/bin/env python3
"""Compares a run that was planned, trained in tasks and gathered with one that one process trained.

    Tests/Clusters/compare.py RUN ONE-MACHINE

Every file has to be in both, with the same bytes. The exceptions are listed here, with their reasons.
"""
import csv
import json
import sys
from pathlib import Path

# Only a planned run has these: its plan and its tasks' logs.
PLANNED = {"plan.json", "logs"}
# These hold seconds (Tests/README.md, "What is not promised"), or nothing.
SECONDS = {"timings.csv", "report.html", ".lock"}
# JSON keys that name a folder; the data is the same.
PATHS = {"run"}
REQUIRED = {"configuration.json", "history.csv", "last.safetensors", "state.safetensors", "out-of-fold.csv", "cross-validation.json"}


def files(folder: Path) -> dict[str, Path]:
    """All files of a run, by their path in it."""
    return {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in PLANNED
    }


def without_paths(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_paths(inner) for key, inner in value.items() if key not in PATHS}
    return [without_paths(inner) for inner in value] if isinstance(value, list) else value


def content(path: Path) -> object:
    """What two runs have to have in common of a file."""
    if path.name == "cross-validation.json":
        return json.dumps(without_paths(json.loads(path.read_text())))
    if path.name == "folds.csv":
        return [row[:-1] for row in csv.reader(path.open())]
    return path.read_bytes()


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    run, other = map(Path, sys.argv[1:])
    ours, theirs = files(run), files(other)
    found = []
    found += [f"{path} is only in {run}" for path in ours if path not in theirs and Path(path).name not in SECONDS]
    found += [f"{path} is only in {other}" for path in theirs if path not in ours and Path(path).name not in SECONDS]
    found += [f"{path} is a temporary file" for path in ours if path.endswith(".partial")]
    compared = [
        path for path in ours if path in theirs and Path(path).name not in SECONDS and "tfevents" not in Path(path).name
    ]
    found += [f"{path} differs" for path in compared if content(ours[path]) != content(theirs[path])]
    names = {Path(path).name for path in compared}
    found += [f"no {name} was compared" for name in sorted(REQUIRED - names)]
    if found:
        print("\n".join(found))
        sys.exit(1)
    size = sum(ours[path].stat().st_size for path in compared)
    print(f"{run.name}: {len(compared)} files with {size:,} bytes equal one machine's")


if __name__ == "__main__":
    main()
