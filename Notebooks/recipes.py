#!/usr/bin/env python3
"""Runs the experiments of recipes.md, prints their table and draws its figure (with Matplotlib, see requirements.txt).

    Notebooks/recipes.py DATA [--only NAME,NAME] [--figure recipes.svg] [--limit ROWS] [--list]

Each experiment is `kaggle-digits cross-validate --only-folds 1,2 --members 3` with its options over the base's: six
trainings, scored on 16,800 rows. The rows of folds 3 to 5 are read by nobody here; the recipes are reported on them.
What is finished in the runs' folder is not trained again.

The table says for each experiment how its single networks do, the mean of six with the standard deviation, and by how much
that is more or less than the base's: accuracy and log loss with a 95 % interval (Student's t over the six pairs of the same
fold and seed). Then the average of a fold's three networks: its wrong rows of the 16,800 and log loss, and McNemar's p-value
against the base's average, row by row. Seconds are a network's, on one core.
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
# Student's t, 97.5 %, for the six pairs of two folds and three seeds.
STUDENT = 2.571
COMPACT = "32C3-P2-B-64C3-B-64C3-B-96C3-B-96C3-B-A5"
AFFINE = "--shift 0.1 --rotate 15 --zoom 0.15 --shear 10"
# What all experiments share unless they say otherwise.
BASE = f"--network {COMPACT} --epochs 16 --elastic 0.7 --plain-epochs 1 --prepare none"
EXPERIMENTS = {
    "base": "",
    "no elastic": "--elastic 0",
    "no plain epoch": "--plain-epochs 0",
    "plain epochs 4": "--plain-epochs 4",
    "upright": "--prepare deskew",
    "prepared in turns": "--prepare none,deskew,spread",
    "batch 64": "--batch 64",
    "label smoothing": "--label-smoothing 0.05",
    "stronger affine": AFFINE,
    "erase": "--erase 0.3",
    "elastic 1": "--elastic 1",
    "dropout": "--network 32C3-P2-B-64C3-B-64C3-B-D20-96C3-B-96C3-B-D20-A5",
    "wider": "--network 48C3-P2-B-96C3-B-96C3-B-128C3-B-128C3-B-A5",
    "weight decay 0.3": "--optimizer adamw --weight-decay 0.3",
    "cosine": "--schedule cosine",
    "moving average": "--ema 0.999",
    "sgd": "--optimizer sgd --learning-rate 0.1",
    "epochs 32": "--epochs 32",
    "no augmentation": "--no-augment",
}


def options(text: str) -> list[str]:
    """What an experiment is cross-validated with: the base's options, its own in their place."""
    words = text.split()
    given = {word for word in words if word.startswith("--")}
    base = BASE.split()
    kept = []
    while base:
        name, value = base.pop(0), base.pop(0)
        if name not in given and not ("--no-augment" in given and name == "--elastic"):
            kept += [name, value]
    return ["--only-folds", FOLDS, "--members", str(MEMBERS), *kept, *words]


def run(kit: Path, *words: object) -> str:
    """Runs the kit and gives its standard output; ends with its message if it fails."""
    command = [str(kit / "kaggle-digits"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def train(kit: Path, folder: Path, data: str, words: list[str], threads: list[str]) -> None:
    """Trains an experiment's networks, or what is left of them."""
    if (folder / "cross-validation.json").exists():
        return
    if (folder / "configuration.json").exists():
        words = ["--resume", folder, "--only-folds", FOLDS]
    else:
        words = ["--data", data, "--output", folder, *words]
    run(kit, "cross-validate", *words, *threads, "--quiet")


def tables(folder: Path, name: str) -> list[list[dict[str, str]]]:
    """A file of each training that was begun, as rows, by fold and member."""
    return [list(csv.DictReader(open(path))) for path in sorted(folder.glob(f"fold-*/member-*/{name}"))]


def alone(folder: Path, column: str) -> list[float]:
    """What each network has in a column of its history at the end, by fold and member.

    Each epoch is validated on the fold's own rows, which choose nothing."""
    return [float(rows[-1][column]) for rows in tables(folder, "history.csv")]


class Effect:
    """By how much an experiment's networks differ from the base's of the same fold and seed, with a 95 % interval."""

    def __init__(self, values: list[float], base: list[float]):
        pairs = [value - other for value, other in zip(values, base, strict=True)]
        half = STUDENT * statistics.stdev(pairs) / len(pairs) ** 0.5
        self.mean = statistics.fmean(pairs)
        self.low, self.high = self.mean - half, self.mean + half

    def __str__(self) -> str:
        return f"{self.mean:+.4f} ({self.low:+.4f} to {self.high:+.4f})".replace("-", "−")


def probability(value: float) -> str:
    """A p-value in two decimals."""
    return "< 0.01" if value < 0.01 else f"{value:.2f}"


def measure(kit: Path, runs: Path, folder: Path) -> tuple[list[str], Effect, Effect]:
    """An experiment's cells of the table, but for its name and options; its effects on accuracy and log loss."""
    base = runs / "base"
    scores = json.loads((folder / "cross-validation.json").read_text())["out-of-fold"]
    seconds = [sum(float(row["seconds"]) for row in rows) for rows in tables(folder, "timings.csv")]
    accuracies, losses = alone(folder, "validation_accuracy"), alone(folder, "validation_loss")
    accuracy = Effect(accuracies, alone(base, "validation_accuracy"))
    loss = Effect(losses, alone(base, "validation_loss"))
    effects = ["", "", ""]
    if folder != base:
        page = runs / "comparison.html"
        answer = json.loads(run(kit, "report", base, folder, "--output", page, "--json", "--force"))
        effects = [str(accuracy), str(loss), probability(answer["paired"][0]["comparison"]["mcnemar-p"])]
    cells = [
        f"{statistics.fmean(accuracies):.4f} ± {statistics.stdev(accuracies):.4f}", effects[0],
        f"{statistics.fmean(losses):.4f}", effects[1], f"{scores['rows'] - scores['correct']}", f"{scores['log-loss']:.4f}",
        effects[2], f"{statistics.fmean(seconds):.0f}",
    ]
    return cells, accuracy, loss


def draw(effects: dict[str, tuple[Effect, Effect]], path: Path) -> None:
    """The effects with their intervals, a line an experiment; the better side is the right one in both panels."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "recipes"})
    figure, panels = pyplot.subplots(1, 2, sharey=True, figsize=(9, 0.8 + 0.24 * len(effects)), layout="constrained")
    names = list(effects)
    titles = ["accuracy, percentage points: better to the right", "log loss, thousandths: better to the right"]
    for place, (axes, title, scale) in enumerate(zip(panels, titles, [100, 1000])):
        # One effect that dwarfs the others is written at the margin, so that the others can be seen.
        reach = sorted(max(-pair[place].low, pair[place].high) * scale for pair in effects.values())
        limit = 1.1 * (reach[-2] if len(reach) > 1 and reach[-1] > 3 * reach[-2] else reach[-1])
        axes.set_xlim(-limit, limit)
        for row, name in enumerate(names):
            effect = effects[name][place]
            rising, falling = ("#1b7837", "#b2182b") if place == 0 else ("#b2182b", "#1b7837")
            colour = rising if effect.low > 0 else falling if effect.high < 0 else "#777777"
            if abs(effect.mean * scale) > limit:
                edge = limit if effect.mean > 0 else -limit
                axes.text(0.9 * edge, row, f"{effect.mean * scale:+.0f}", color=colour, ha="center", va="center")
                continue
            axes.plot([effect.low * scale, effect.high * scale], [row, row], color=colour, linewidth=1.5)
            axes.plot(effect.mean * scale, row, "o", color=colour, markersize=4)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_title(title, fontsize=9)
        axes.grid(axis="x", color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    panels[1].invert_xaxis()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", help="Kaggle's digit-recognizer.zip")
    parser.add_argument("--kit", type=Path, default=Path(".build/release"), help="the folder of kaggle-digits")
    parser.add_argument("--runs", type=Path, default=Path("runs/recipes"), help="where to train")
    parser.add_argument("--threads", help="as in kaggle-digits")
    parser.add_argument("--only", default=",".join(EXPERIMENTS), help="names of experiments, by commas")
    parser.add_argument("--limit", help="take so many rows, in a folder of their own: for a try, not a result")
    parser.add_argument("--figure", type=Path, help="draw the effects to this file, .svg or .png")
    parser.add_argument("--list", action="store_true", help="print the commands and train nothing")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    if unknown := [name for name in names if name not in EXPERIMENTS]:
        parser.error(f"no experiment is named '{unknown[0]}'; they are: {', '.join(EXPERIMENTS)}")
    # The base comes first: the others are held against it.
    names = ["base"] + [name for name in names if name != "base"]
    threads = ["--threads", arguments.threads] if arguments.threads else []
    limit = ["--limit", arguments.limit] if arguments.limit else []
    # A try's networks must not be taken for an experiment's, nor the other way round.
    runs = arguments.runs / f"limit-{arguments.limit}" if limit else arguments.runs
    if arguments.list:
        for name in names:
            words = [*options(EXPERIMENTS[name]), *limit]
            print(f"{name}: kaggle-digits cross-validate --data DATA {' '.join(words)}")
        return
    if arguments.data is None:
        parser.error("DATA is missing: Kaggle's digit-recognizer.zip")
    runs.mkdir(parents=True, exist_ok=True)
    print(
        "| experiment | options | one network | against the base | log loss | against the base "
        "| three: wrong | log loss | p | seconds |"
    )
    print("|" + " --- |" * 10)
    effects = {}
    for name in names:
        folder, text = runs / name.replace(" ", "-"), EXPERIMENTS[name]
        train(arguments.kit, folder, arguments.data, [*options(text), *limit], threads)
        cells, accuracy, loss = measure(arguments.kit, runs, folder)
        print("| " + " | ".join([name, f"`{text or BASE}`", *cells]) + " |", flush=True)
        if name != "base":
            effects[name] = (accuracy, loss)
    if arguments.figure and effects:
        draw(effects, arguments.figure)


if __name__ == "__main__":
    main()
