#!/usr/bin/env python3
"""Measures accuracy against seconds for the kit, Keras and PyTorch on the same cores: the tables and the figure of figures.md.

    Notebooks/seconds.py --data digit-recognizer.zip [--results seconds.json] [--figure seconds.svg] [--seeds 3]

Every fifth row of train.csv is held out; the others train. A point is a run of its own with a number of epochs, and a one-cycle
schedule over just these. Its seconds are the wall-clock seconds of whole processes, from their start until the labels of the
held-out rows are written. The kit is started twice, `train` and `submit`, and reads CSV files. Keras and PyTorch are one
process, and read arrays that were parsed before: that is not counted. All have two threads and batches of 128.

The programs take turns: all points with seed 1, then all with seed 2, and so on. Every run is written to the results at once;
runs that are already there are not repeated. Tests/Peers/README.md says what Keras and PyTorch run in.
"""
import argparse
import csv
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "Tests/Peers"))
BATCH = 128
PEAK_RATE = 0.003  # of the one-cycle schedule; the kit's default
SHIFT, ROTATION, ZOOM = 0.05, 10, 0.1  # augmentation: shares of the side, degrees; the kit's defaults
HELD_OUT = 5  # every fifth row
GOALS = [0.99, 0.995]
PEERS = ["Keras", "PyTorch", "PyTorch compiled"]


@dataclass(frozen=True)
class Point:
    """What one run trains: `augmentation` is none, affine (shift, rotation, zoom) or, for the kit, a recipe's name."""

    program: str
    network: str
    augmentation: str
    epochs: int

    @property
    def curve(self) -> tuple[str, str, str]:
        return self.program, self.network, self.augmentation

    def key(self, seed: int) -> str:
        return f"{self.program}, {self.network}, {self.augmentation}, {self.epochs}, {seed}"


def points(curves: list[tuple[str, str, str, list[int]]]) -> list[Point]:
    return [Point(*curve, epochs) for *curve, counts in curves for epochs in counts]


POINTS = points(
    [
        ("kit", "simple-dropout", "none", [1, 2, 4]),
        ("kit", "simple-dropout", "affine", [4, 8, 16]),
        ("kit", "compact", "none", [1, 2, 4]),
        ("kit", "compact", "affine", [2, 4, 8]),
        ("kit", "compact", "fast", [2, 4, 8, 12]),
        ("Keras", "simple-dropout", "none", [1, 2, 4]),
        ("Keras", "simple-dropout", "affine", [4, 8, 16]),
        ("Keras", "compact", "none", [1, 2, 4]),
        ("Keras", "compact", "affine", [2, 4, 8]),
        ("PyTorch", "simple-dropout", "none", [1, 2, 4]),
        ("PyTorch", "simple-dropout", "affine", [4, 8, 16]),
        ("PyTorch", "compact", "none", [1, 2, 4]),
        ("PyTorch", "compact", "affine", [2, 4, 8]),
        ("PyTorch compiled", "compact", "affine", [8]),
    ]
)


# What a peer does in its own process.


def train_peer(point: Point, notation: str, seed: int, rows: Path, output: Path, threads: int) -> None:
    """Trains a peer's network, in the kit's notation, and writes the labels that it predicts for the held-out rows."""
    import numpy

    file = numpy.load(rows)
    images, test = (file[name].astype(numpy.float32).reshape(-1, 28, 28, 1) / 255 for name in ("pixels", "test"))
    train = keras_labels if point.program == "Keras" else torch_labels
    numpy.save(output, train(point, notation, seed, threads, images, file["labels"].astype(numpy.int64), test))


def keras_labels(point: Point, notation: str, seed: int, threads: int, images, labels, test):
    """Keras's layers augment, in threads of their own while the network trains; the last epoch is plain, as the kit's."""
    import keras
    import networks
    import tensorflow as tf
    from trainers import STEPS_A_CALL

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    keras.utils.set_random_seed(seed)
    network = networks.keras_network(notation)
    augment = keras.Sequential(
        [
            keras.layers.RandomRotation(ROTATION / 360, fill_mode="constant"),
            keras.layers.RandomTranslation(SHIFT, SHIFT, fill_mode="constant"),
            keras.layers.RandomZoom((-ZOOM, ZOOM), (-ZOOM, ZOOM), fill_mode="constant"),
        ]
    )
    steps = len(images) // BATCH
    augmented_epochs = point.epochs - 1 if point.augmentation == "affine" else 0

    def epoch_of_rows(epoch):
        order = tf.random.shuffle(tf.range(len(images)))[: steps * BATCH]
        batches = tf.data.Dataset.from_tensor_slices(tf.reshape(order, (steps, BATCH)))
        return batches.map(lambda rows: (epoch, rows))

    def batch_of(epoch, rows):
        chosen = tf.gather(images_tensor, rows)
        if augmented_epochs:
            chosen = tf.cond(epoch < augmented_epochs, lambda: augment(chosen, training=True), lambda: chosen)
        return tf.ensure_shape(chosen, (BATCH, 28, 28, 1)), tf.gather(labels_tensor, rows)

    images_tensor, labels_tensor = tf.constant(images), tf.constant(labels)
    batches = tf.data.Dataset.range(point.epochs).flat_map(epoch_of_rows)
    batches = batches.map(batch_of, num_parallel_calls=threads).prefetch(4)
    total = steps * point.epochs
    warm_up = int(0.3 * total)
    schedule = keras.optimizers.schedules.CosineDecay(
        PEAK_RATE / 25, total - warm_up, alpha=0.0, warmup_target=PEAK_RATE, warmup_steps=warm_up
    )
    network.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
        steps_per_execution=STEPS_A_CALL,
    )
    network.fit(batches, verbose=0)
    return network.predict(test, batch_size=512, verbose=0).argmax(1)


def torch_labels(point: Point, notation: str, seed: int, threads: int, images, labels, test):
    """A plain loop as in Tests/Peers, with one bilinear sampling a batch for augmentation; the last epoch is plain."""
    import math

    import networks
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    images, test = (torch.from_numpy(array).permute(0, 3, 1, 2) for array in (images, test))
    labels = torch.from_numpy(labels)
    network = networks.torch_network(notation).train()
    steps = len(images) // BATCH
    optimizer = torch.optim.Adam(network.parameters(), lr=PEAK_RATE, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_RATE, total_steps=steps * point.epochs, cycle_momentum=False
    )

    def augmented(images):
        def uniform(limit):
            return (2 * torch.rand(len(images)) - 1) * limit

        angle, height, width = uniform(ROTATION * math.pi / 180), 1 + uniform(ZOOM), 1 + uniform(ZOOM)
        sine, cosine = torch.sin(angle), torch.cos(angle)
        # The grid's side is 2.
        across = torch.stack([cosine * width, -sine * height, uniform(2 * SHIFT)], dim=1)
        down = torch.stack([sine * width, cosine * height, uniform(2 * SHIFT)], dim=1)
        grid = functional.affine_grid(torch.stack([across, down], dim=1), list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, align_corners=False)

    def batch_loss(images, labels):
        return functional.cross_entropy(network(images), labels)

    if point.program == "PyTorch compiled":
        batch_loss = torch.compile(batch_loss, dynamic=False)
    for epoch in range(point.epochs):
        is_plain = point.augmentation == "none" or epoch == point.epochs - 1
        for rows in torch.randperm(len(images))[: steps * BATCH].split(BATCH):
            optimizer.zero_grad()
            chosen = images[rows] if is_plain else augmented(images[rows])
            batch_loss(chosen, labels[rows]).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.inference_mode():
        return torch.cat([network(batch).argmax(1) for batch in test.split(512)]).numpy()


# Measuring.


class Sitting:
    """The split, the programs, and the runs so far."""

    def __init__(self, options, folder: Path):
        self.options = options
        self.folder = folder
        self.split()

    def split(self) -> None:
        """Writes train.csv and test.csv for the kit, and the same rows as arrays for the peers, who get the time for free."""
        with zipfile.ZipFile(self.options.data) as archive, archive.open("train.csv") as file:
            lines = io.TextIOWrapper(file).read().splitlines()
        heading, rows = lines[0], lines[1:][: self.options.limit]
        train = [row for index, row in enumerate(rows) if index % HELD_OUT]
        test = rows[::HELD_OUT]
        self.labels = [int(row.split(",", 1)[0]) for row in test]
        (self.folder / "train.csv").write_text("\n".join([heading, *train]) + "\n")
        without_labels = [row.split(",", 1)[1] for row in [heading, *test]]
        (self.folder / "test.csv").write_text("\n".join(without_labels) + "\n")
        code = (
            "import numpy, sys\n"
            "read = lambda name: numpy.loadtxt(name, delimiter=',', skiprows=1, dtype=numpy.uint8)\n"
            "train = read('train.csv')\n"
            "numpy.savez('rows.npz', labels=train[:, 0], pixels=train[:, 1:], test=read('test.csv'))"
        )
        subprocess.run([self.options.python, "-c", code], cwd=self.folder, check=True)

    def run(self, point: Point, seed: int) -> dict:
        measure = self.kit if point.program == "kit" else self.peer
        load = os.getloadavg()[0]
        seconds, predicted = measure(point, seed)
        right = sum(label == other for label, other in zip(predicted, self.labels, strict=True))
        return {"seconds": seconds, "accuracy": right / len(self.labels), "load": round(load, 2)}

    def kit(self, point: Point, seed: int) -> tuple[float, list[int]]:
        from peers import Finished

        threads = ["--threads", self.options.threads]
        if point.augmentation == "fast":
            words = ["--recipe", "fast"]
        else:
            words = ["--network", point.network, "--batch", BATCH, "--learning-rate", PEAK_RATE]
            words += ["--prepare", "none", "--skip-learnt", 0]
            affine = ["--shift", SHIFT, "--rotate", ROTATION, "--zoom", ZOOM, "--elastic", 0]
            words += affine if point.augmentation == "affine" else ["--no-augment"]
        program, run, submission = self.options.kit / "kaggle-digits", self.folder / "run", self.folder / "submission.csv"
        words += ["--data", self.folder, "--epochs", point.epochs, "--validation", 0, "--seed", seed, "--output", run]
        train = Finished([program, "train", *map(str, [*words, *threads, "--force", "--quiet"])])
        words = [run, "--data", self.folder, "--output", submission, *threads, "--force", "--quiet"]
        submit = Finished([program, "submit", *map(str, words)])
        with submission.open() as file:
            return train.seconds + submit.seconds, [int(row["Label"]) for row in csv.DictReader(file)]

    def peer(self, point: Point, seed: int) -> tuple[float, list[int]]:
        from peers import KEEP_MEMORY, Finished

        output = self.folder / "labels.npy"
        described = Finished([self.options.kit / "kaggle-digits", "describe", point.network, "--no-speed", "--json"])
        notation = json.loads(described.output)[0]["network"]
        words = [self.options.python, "-B", __file__, "--data", self.options.data, "--peer", json.dumps(point.__dict__)]
        words += ["--notation", notation, "--seeds", seed, "--rows", self.folder / "rows.npz", "--output", output]
        words += ["--threads", self.options.threads]
        variables = {"OMP_NUM_THREADS": str(self.options.threads), "TF_CPP_MIN_LOG_LEVEL": "3"}
        run = Finished([str(word) for word in words], **variables, **KEEP_MEMORY)
        code = "import json, numpy, sys; print(json.dumps(numpy.load(sys.argv[1]).tolist()))"
        return run.seconds, json.loads(Finished([str(self.options.python), "-c", code, str(output)]).output)


class Curves:
    """The measured points: seconds and accuracies of all seeds."""

    def __init__(self, runs: dict[str, dict]):
        self.runs: dict[Point, list[dict]] = {}
        for run in runs.values():
            self.runs.setdefault(Point(**run["point"]), []).append(run)

    def seconds(self, point: Point) -> list[float]:
        return [run["seconds"] for run in self.runs[point]]

    def accuracies(self, point: Point) -> list[float]:
        return [run["accuracy"] for run in self.runs[point]]

    def cells(self, point: Point) -> list[str]:
        """The median of the seconds and the mean of the accuracies, each with the smallest and the largest if there are several."""
        seconds, accuracies = self.seconds(point), self.accuracies(point)
        if len(seconds) == 1:
            return [f"{seconds[0]:.1f}", f"{accuracies[0]:.4f}"]
        return [
            f"{statistics.median(seconds):.1f} ({min(seconds):.1f}–{max(seconds):.1f})",
            f"{statistics.fmean(accuracies):.4f} ({min(accuracies):.4f}–{max(accuracies):.4f})",
        ]

    def table(self) -> str:
        lines = ["| program | network | augmentation | epochs | seconds | accuracy |", "|" + " --- |" * 6]
        for point in sorted(self.runs, key=lambda point: (point.curve, point.epochs)):
            name = [point.program, f"`{point.network}`", point.augmentation, str(point.epochs)]
            lines.append("| " + " | ".join([*name, *self.cells(point)]) + " |")
        return "\n".join(lines)

    def goals(self) -> str:
        """For every program the point with the fewest seconds whose mean accuracy reaches the goal. Nothing is interpolated."""
        lines = ["| program | goal | seconds | accuracy | with |", "|" + " --- |" * 5]
        for goal in GOALS:
            for program in ["kit", *PEERS]:
                reached = [
                    point
                    for point in self.runs
                    if point.program == program and statistics.fmean(self.accuracies(point)) >= goal
                ]
                first = min(reached, key=lambda point: statistics.median(self.seconds(point)), default=None)
                if first:
                    setting = f"`{first.network}`, augmentation: {first.augmentation}, epochs: {first.epochs}"
                    lines.append("| " + " | ".join([program, f"{goal:.1%}", *self.cells(first), setting]) + " |")
                elif any(point.program == program for point in self.runs):
                    lines.append(f"| {program} | {goal:.1%} | not reached | | |")
        return "\n".join(lines)

    def draw(self, path: Path) -> None:
        """Draws the error, in percent, against the seconds, both on logarithmic scales."""
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        matplotlib.rcParams.update({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "seconds"})
        figure, axes = pyplot.subplots(figsize=(10, 5.5), layout="constrained")
        colours = {"kit": "#1b7837", "Keras": "#b2182b", "PyTorch": "#e08214", "PyTorch compiled": "#7b3294"}
        styles = {
            ("simple-dropout", "none"): "o:",
            ("simple-dropout", "affine"): "o-",
            ("compact", "none"): "s:",
            ("compact", "affine"): "s-",
            ("compact", "fast"): "D-",
        }
        for curve in sorted({point.curve for point in self.runs}):
            program, network, augmentation = curve
            found = sorted((point for point in self.runs if point.curve == curve), key=lambda point: point.epochs)
            x = [statistics.median(self.seconds(point)) for point in found]
            y = [100 * (1 - statistics.fmean(self.accuracies(point))) for point in found]
            style = styles[network, augmentation]
            axes.plot(x, y, style, color=colours[program], markersize=4, linewidth=1.2)
        for program, colour in colours.items():
            if any(point.program == program for point in self.runs):
                axes.plot([], [], color=colour, linewidth=2, label=program)
        for (network, augmentation), style in styles.items():
            kind = {"none": "not augmented", "affine": "augmented", "fast": "recipe fast"}[augmentation]
            axes.plot([], [], style, color="black", markersize=4, linewidth=1.2, label=f"{network}, {kind}")
        for goal in GOALS:
            axes.axhline(100 * (1 - goal), color="#999999", linewidth=0.8)
            axes.annotate(f"{goal:.1%}", (1, 100 * (1 - goal)), xycoords=("axes fraction", "data"), ha="right", va="bottom")
        axes.set_xscale("log")
        axes.set_yscale("log")
        ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        errors = [0.3, 0.4, 0.5, 0.7, 1, 2, 3, 5]
        axes.set_yticks(errors, [f"{error:g} %" for error in errors])
        axes.minorticks_off()
        # Worse runs would press the others together. They are in the table.
        axes.set_ylim(errors[0], errors[-1])
        shown = [seconds for point in self.runs for seconds in self.seconds(point)]
        axes.set_xlim(min(shown) / 1.3, max(shown) * 1.3)
        axes.set_xlabel("seconds from the start of the program to the predictions, two cores")
        axes.set_title("Error on held-out rows: a point is a run with a number of epochs, mean of the seeds", fontsize=9)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("KAGGLE_DIGITS_DATA"), help="Kaggle's zip")
    parser.add_argument("--results", type=Path, default=Path("seconds.json"), help="the runs so far (%(default)s)")
    parser.add_argument("--figure", type=Path, help="draw the figure into this file, .svg or .png; takes Matplotlib")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each point (%(default)s)")
    parser.add_argument("--only", nargs="+", help="programs or networks to run (all)")
    parser.add_argument("--no-runs", action="store_true", help="only print and draw the results so far")
    parser.add_argument("--limit", type=int, help="use only so many rows, to try the script")
    parser.add_argument("--threads", type=int, default=2, help="threads of every program (%(default)s)")
    parser.add_argument("--kit", type=Path, default=ROOT / ".build/release", help="folder with the executables (%(default)s)")
    parser.add_argument("--environment", type=Path, default=Path(tempfile.gettempdir()) / "kaggle-digits-peers")
    for name in ("--peer", "--notation", "--rows", "--output"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        point = Point(**json.loads(options.peer))
        train_peer(point, options.notation, options.seeds, Path(options.rows), Path(options.output), options.threads)
        return

    runs = json.loads(options.results.read_text()) if options.results.exists() else {}
    if not options.no_runs:
        import peers

        options.python = peers.virtual_environment(options.environment)
        with tempfile.TemporaryDirectory() as folder:
            sitting = Sitting(options, Path(folder))
            for seed in range(1, options.seeds + 1):
                for point in POINTS:
                    is_chosen = not options.only or {point.program, point.network} & set(options.only)
                    if not is_chosen or point.key(seed) in runs:
                        continue
                    run = sitting.run(point, seed)
                    print(point.key(seed), run, file=sys.stderr, flush=True)
                    runs[point.key(seed)] = {"point": point.__dict__, "seed": seed, **run}
                    options.results.write_text(json.dumps(runs, indent=1) + "\n")
    curves = Curves(runs)
    print(curves.goals(), curves.table(), sep="\n\n")
    loads = [run["load"] for run in runs.values()]
    print(f"\nLoad average before the runs: {min(loads)} to {max(loads)}, median {statistics.median(loads)}.")
    if options.figure:
        curves.draw(options.figure)


if __name__ == "__main__":
    main()
