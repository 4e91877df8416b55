#!/usr/bin/env python3
"""Runs the experiments of recipes.md and prints their table.

    Notebooks/recipes.py DATA [--kit FOLDER] [--runs FOLDER] [--threads N] [--only NAME,NAME] [--list]

Each experiment is `kaggle-digits cross-validate --only-folds 1,2 --members 3` with its options over the base's: six
trainings, scored on 16,800 rows. The rows of folds 3 to 5 are read by nobody here; the recipes are reported on them.
What is finished in the runs' folder is not trained again.

The table says for each experiment the mean of its single networks with the standard deviation over seeds and folds, the
average of the three members, and how that differs from the base's on the same rows: the share of rows more or fewer read
right, a 95 % interval (Tango, 1998) and McNemar's p-value. Seconds are a network's, on one core.
"""
import argparse
import csv
import json
import statistics
import subprocess
import sys
from pathlib import Path

MEMBERS = 3
FOLDS = "1,2"
COMPACT = "32C3-P2-B-64C3-B-64C3-B-96C3-B-96C3-B-A5"
AFFINE = "--shift 0.1 --rotate 15 --zoom 0.15 --shear 10"
# What all experiments share unless they say otherwise.
BASE = f"--network {COMPACT} --epochs 16 --elastic 0.7 --plain-epochs 1 --prepare none"
EXPERIMENTS = {
    "base": "",
    "no elastic": "--elastic 0",
    "elastic 0.4": "--elastic 0.4",
    "elastic 1": "--elastic 1",
    "elastic 1.5": "--elastic 1.5",
    "no plain epoch": "--plain-epochs 0",
    "plain epochs 4": "--plain-epochs 4",
    "no augmentation": "--no-augment",
    "stronger affine": AFFINE,
    "erase": "--erase 0.3",
    "label smoothing": "--label-smoothing 0.05",
    "upright": "--prepare deskew",
    "upright and equally wide": "--prepare spread",
    "prepared in turns": "--prepare none,deskew,spread",
    "batch 32": "--batch 32",
    "batch 64": "--batch 64",
    "learning rate 0.0015": "--learning-rate 0.0015",
    "learning rate 0.006": "--learning-rate 0.006",
    "cosine": "--schedule cosine",
    "weight decay 0.3": "--optimizer adamw --weight-decay 0.3",
    "sgd": "--optimizer sgd --learning-rate 0.1",
    "moving average": "--ema 0.999",
    "epochs 8": "--epochs 8",
    "epochs 32": "--epochs 32",
    "epochs 32 elastic 1": "--epochs 32 --elastic 1",
    "dropout": "--network 32C3-P2-B-64C3-B-64C3-B-D20-96C3-B-96C3-B-D20-A5",
    "wider": "--network 48C3-P2-B-96C3-B-96C3-B-128C3-B-128C3-B-A5",
    "5x5 first": "--network 32C5-P2-B-64C3-B-64C3-B-96C3-B-96C3-B-A4",
    "no pooling": "--network 16C3-B-32C3-B-32C3-B-48C3-B-48C3-B-64C3-B-64C3-B-80C3-B-80C3-B-96C3-B",
    "two dense": "--network 32C5-P2-B-64C3-B-64C3-B-P2-D25-128N-B-D50",
    "deotte": "--network deotte --batch 64",
    "deotte 30 epochs": "--network deotte --batch 64 --epochs 30",
}


def options(text: str) -> list[str]:
    """The base's options, those of the experiment in their place."""
    words = text.split()
    given = {word for word in words if word.startswith("--")}
    base = BASE.split()
    kept = []
    while base:
        name, value = base.pop(0), base.pop(0)
        if name not in given and not ("--no-augment" in given and name == "--elastic"):
            kept += [name, value]
    return kept + words


def run(kit: Path, *words: object) -> str:
    """Runs the kit and gives its standard output; ends with its message if it fails."""
    command = [str(kit / "kaggle-digits"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def train(kit: Path, folder: Path, data: str, text: str, threads: list[str]) -> None:
    """Trains an experiment's networks, or what is left of them."""
    if (folder / "cross-validation.json").exists():
        return
    if (folder / "configuration.json").exists():
        words = ["--resume", folder, "--only-folds", FOLDS]
    else:
        words = ["--data", data, "--output", folder, "--only-folds", FOLDS, "--members", MEMBERS, *options(text)]
    run(kit, "cross-validate", *words, *threads, "--quiet")


def tables(folder: Path, name: str) -> list[list[dict[str, str]]]:
    """A file of each training that was begun, as rows."""
    return [list(csv.DictReader(open(path))) for path in sorted(folder.glob(f"fold-*/member-*/{name}"))]


def line(kit: Path, runs: Path, folder: Path, name: str, text: str) -> str:
    """An experiment's row of the table."""
    result = json.loads((folder / "cross-validation.json").read_text())
    # Each epoch is validated on the fold's own rows, which choose nothing.
    alone = [float(rows[-1]["validation_accuracy"]) for rows in tables(folder, "history.csv")]
    seconds = [sum(float(row["seconds"]) for row in rows) for rows in tables(folder, "timings.csv")]
    difference = ""
    if name != "base":
        page = runs / "comparison.html"
        answer = json.loads(run(kit, "report", runs / "base", folder, "--output", page, "--json", "--force"))
        paired = answer["paired"][0]["comparison"]
        low, high = paired["accuracy-difference-95-low"], paired["accuracy-difference-95-high"]
        difference = f"{paired['accuracy-difference']:+.4f} ({low:+.4f} to {high:+.4f}), p {paired['mcnemar-p']:.2f}"
    cells = [
        name, f"`{text}`" if text else f"`{BASE}`", f"{statistics.fmean(alone):.4f} ± {statistics.stdev(alone):.4f}",
        f"{result['out-of-fold']['accuracy']:.4f}", difference, f"{result['out-of-fold']['log-loss']:.4f}",
        f"{statistics.fmean(seconds):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", help="Kaggle's digit-recognizer.zip")
    parser.add_argument("--kit", type=Path, default=Path(".build/release"))
    parser.add_argument("--runs", type=Path, default=Path("runs/recipes"))
    parser.add_argument("--threads")
    parser.add_argument("--only", default=",".join(EXPERIMENTS))
    parser.add_argument("--list", action="store_true", help="print the commands and train nothing")
    arguments = parser.parse_args()
    names = [name for name in EXPERIMENTS if name in arguments.only.split(",") or name == arguments.only]
    threads = ["--threads", arguments.threads] if arguments.threads else []
    if arguments.list:
        for name in names:
            words = ["--only-folds", FOLDS, "--members", str(MEMBERS), *options(EXPERIMENTS[name])]
            print(f"{name}: kaggle-digits cross-validate --data DATA {' '.join(words)}")
        return
    if arguments.data is None:
        parser.error("DATA is missing: Kaggle's digit-recognizer.zip")
    arguments.runs.mkdir(parents=True, exist_ok=True)
    print("| experiment | options | single networks | average of three | against the base | log loss | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in names:
        folder = arguments.runs / name.replace(" ", "-")
        train(arguments.kit, folder, arguments.data, EXPERIMENTS[name], threads)
        print(line(arguments.kit, arguments.runs, folder, name, EXPERIMENTS[name]), flush=True)


if __name__ == "__main__":
    main()
