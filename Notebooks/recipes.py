#!/usr/bin/env python3
"""Runs the experiments of recipes.md, prints their tables and draws their figure (with Matplotlib, see requirements.txt).

    Notebooks/recipes.py DATA [--only NAME,NAME] [--figure recipes.svg] [--limit ROWS] [--list]

Each experiment is `kaggle-digits cross-validate --only-folds 1,2 --members 3` with options that override the base's: six
members, scored on 16,800 rows. Folds 3 to 5 are not scored here; the recipes are reported on them. Experiments that are
already finished in the runs' folder are not trained again.

The first table lists each experiment's options, the second its results. "One member" is the mean of the six single members,
for accuracy with their standard deviation. "vs. base" is the mean difference from the base, with a 95 % interval (Student's
t over the six pairs with the same fold and seed). "Average of three" is the average of each fold's three members: errors of
the 16,800 rows and log loss; p is McNemar's, paired by row with the base's average. Seconds are the training time of one
member on one core.
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
# The 97.5 % quantile of Student's t for six pairs (two folds, three seeds).
STUDENT = 2.571
COMPACT = "32C3-P2-B-64C3-B-64C3-B-96C3-B-96C3-B-A5"
AFFINE = "--shift 0.1 --rotate 15 --zoom 0.15 --shear 10"
# The options of every experiment, unless it overrides them.
BASE = f"--network {COMPACT} --epochs 16 --elastic 0.7 --plain-epochs 1 --prepare none --skip-learnt 0"
EXPERIMENTS = {
    "base": "",
    "no elastic": "--elastic 0",
    "no plain epoch": "--plain-epochs 0",
    "plain epochs 4": "--plain-epochs 4",
    "deskew": "--prepare deskew",
    "3 preprocessings": "--prepare none,deskew,spread",
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
# The network since its maps fit the convolutions' tiles, with fewer visits; compared with the first of them.
TILES = "32C5-P2-B-64C3-B-64C3-B-96C3-B-96C3-B-A4"
NARROW = "32C5-P2-B-48C3-B-48C3-B-64C3-B-64C3-B-A4"
FASTER = f"--network {TILES} --prepare deskew"
EXPERIMENTS |= {
    "tiles": f"{FASTER} --epochs 12",
    "tiles, 8 epochs": f"{FASTER} --epochs 8",
    "tiles, 8 epochs, rate 0.005": f"{FASTER} --epochs 8 --learning-rate 0.005",
    "tiles, 6 epochs, rate 0.005": f"{FASTER} --epochs 6 --learning-rate 0.005",
    "tiles, narrow": f"--network {NARROW} --prepare deskew --epochs 12",
    "tiles, learnt rows skipped": f"{FASTER} --epochs 12 --skip-learnt 0.99",
}


def options(text: str) -> list[str]:
    """The options of `cross-validate` for an experiment: the base's, overridden by its own."""
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
    """Runs the kit and returns its standard output; exits with its error message if it fails."""
    command = [str(kit / "kaggle-digits"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def train(kit: Path, folder: Path, data: str, words: list[str], threads: list[str]) -> None:
    """Trains an experiment's members; resumes if some were trained before."""
    if (folder / "cross-validation.json").exists():
        return
    if (folder / "configuration.json").exists():
        words = ["--resume", folder, "--only-folds", FOLDS]
    else:
        words = ["--data", data, "--output", folder, *words]
    run(kit, "cross-validate", *words, *threads, "--quiet")


def tables(folder: Path, name: str) -> list[list[dict[str, str]]]:
    """The rows of a CSV file of every member that was started, ordered by fold and member."""
    return [list(csv.DictReader(open(path))) for path in sorted(folder.glob(f"fold-*/member-*/{name}"))]


def final_values(folder: Path, column: str) -> list[float]:
    """The last epoch's value in a column of history.csv, for each member, ordered by fold and member.

    The validation rows are the held-out fold's; nothing is selected on them."""
    return [float(rows[-1][column]) for rows in tables(folder, "history.csv")]


class Effect:
    """The mean difference between an experiment's members and the base's with the same fold and seed, with a 95 % interval."""

    def __init__(self, values: list[float], base: list[float]):
        pairs = [value - other for value, other in zip(values, base, strict=True)]
        half = STUDENT * statistics.stdev(pairs) / len(pairs) ** 0.5
        self.mean = statistics.fmean(pairs)
        self.low, self.high = self.mean - half, self.mean + half

    def __str__(self) -> str:
        return f"{self.mean:+.4f} ({self.low:+.4f} to {self.high:+.4f})".replace("-", "−")


def probability(value: float) -> str:
    """A p-value with two decimals."""
    return "< 0.01" if value < 0.01 else f"{value:.2f}"


def measure(kit: Path, runs: Path, folder: Path) -> tuple[list[str], Effect, Effect]:
    """An experiment's cells in the table of results after its name; its effects on accuracy and log loss."""
    base = runs / "base"
    scores = json.loads((folder / "cross-validation.json").read_text())["out-of-fold"]
    seconds = [sum(float(row["seconds"]) for row in rows) for rows in tables(folder, "timings.csv")]
    accuracies, losses = final_values(folder, "validation_accuracy"), final_values(folder, "validation_loss")
    accuracy = Effect(accuracies, final_values(base, "validation_accuracy"))
    loss = Effect(losses, final_values(base, "validation_loss"))
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
    """Draws the effects with their intervals, one line per experiment; in both panels, right is better."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "recipes"})
    figure, panels = pyplot.subplots(1, 2, sharey=True, figsize=(9, 0.8 + 0.24 * len(effects)), layout="constrained")
    names = list(effects)
    titles = ["accuracy, percentage points: better to the right", "log loss, thousandths: better to the right"]
    for place, (axes, title, scale) in enumerate(zip(panels, titles, [100, 1000])):
        # An effect that dwarfs all others is written as a number at the margin, so that the others stay visible.
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
    parser.add_argument("--kit", type=Path, default=Path(".build/release"), help="the folder with kaggle-digits (%(default)s)")
    parser.add_argument("--runs", type=Path, default=Path("runs/recipes"), help="the folder for the runs (%(default)s)")
    parser.add_argument("--threads", help="number of threads, passed to kaggle-digits")
    parser.add_argument("--only", default=",".join(EXPERIMENTS), help="names of experiments, separated by commas")
    parser.add_argument("--limit", help="use this many rows, in a separate folder: for testing, not for results")
    parser.add_argument("--figure", type=Path, help="draw the effects into this file, .svg or .png")
    parser.add_argument("--list", action="store_true", help="print the commands and train nothing")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    if unknown := [name for name in names if name not in EXPERIMENTS]:
        parser.error(f"there is no experiment '{unknown[0]}'; the experiments are: {', '.join(EXPERIMENTS)}")
    # The base comes first, since the others are compared with it.
    names = ["base"] + [name for name in names if name != "base"]
    threads = ["--threads", arguments.threads] if arguments.threads else []
    limit = ["--limit", arguments.limit] if arguments.limit else []
    # Runs with a limit have their own folder, so that they are not mistaken for results.
    runs = arguments.runs / f"limit-{arguments.limit}" if limit else arguments.runs
    if arguments.list:
        for name in names:
            words = [*options(EXPERIMENTS[name]), *limit]
            print(f"{name}: kaggle-digits cross-validate --data DATA {' '.join(words)}")
        return
    if arguments.data is None:
        parser.error("DATA is missing: Kaggle's digit-recognizer.zip")
    runs.mkdir(parents=True, exist_ok=True)
    print("| experiment | options |\n| --- | --- |")
    for name in names:
        print(f"| {name} | `{EXPERIMENTS[name] or BASE}` |")
    print(
        "\n| experiment | accuracy, one member | vs. base | log loss, one member | vs. base "
        "| errors, average of three | log loss, average of three | p | seconds |"
    )
    print("|" + " --- |" * 9)
    effects = {}
    for name in names:
        folder = runs / name.replace(" ", "-")
        train(arguments.kit, folder, arguments.data, [*options(EXPERIMENTS[name]), *limit], threads)
        cells, accuracy, loss = measure(arguments.kit, runs, folder)
        print("| " + " | ".join([name, *cells]) + " |", flush=True)
        if name != "base":
            effects[name] = (accuracy, loss)
    if arguments.figure and effects:
        draw(effects, arguments.figure)


if __name__ == "__main__":
    main()
