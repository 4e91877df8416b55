#!/usr/bin/env python3
"""Measures every export on Kaggle's rows, and trains exported networks further where they were exported to.

    measure.py BUILD DATA OUTPUT [RUN ...]

BUILD is the folder of the kit's executables, DATA Kaggle's zip, OUTPUT a folder that is made. Trains small runs, unless OUTPUT
has them already; exports these, RUNs, and ensembles of all with each average; and prints a table of the largest differences
from `submit --probabilities` on the first 1,000 test rows. Then trains each exported network for some steps in PyTorch and
Keras, imports it, and compares again. Needs what `pip install torch tensorflow-cpu onnx onnxruntime safetensors` and Chromium
bring: too heavy for every day, so it is run by hand.
"""

import csv
import filecmp
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from compare import library, onnx, page, table

NETWORKS = [
    ("compact", "spread"), ("deotte", "deskew"), ("simple-dropout", "none"), ("small", "none"), ("lenet5", "deskew"),
    ("16C5S2p-B-A2-24C3x5pl-B-P2-D25-F-B-40Nl-B-30N", "spread"),
]
FORMATS = {"onnx": (onnx, ".onnx"), "pytorch": (library, ""), "keras": (library, ""), "page": (page, ".html")}


class Kit:
    def __init__(self, build, data, output):
        self.build, self.data, self.output = Path(build), data, Path(output)
        self.output.mkdir(parents=True, exist_ok=True)
        self.rows = self.output / "rows"
        self.rows.mkdir(exist_ok=True)
        with zipfile.ZipFile(data) as archive, archive.open("test.csv") as file:
            lines = [line for line, _ in zip(io.TextIOWrapper(file), range(1001))]
        (self.rows / "test.csv").write_text("".join(lines))
        self.pixels = table(self.rows / "test.csv", np.uint8)

    def call(self, *arguments):
        command = [str(self.build / "kaggle-digits"), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"{' '.join(command)}\n{result.stderr}")
        return result.stderr

    def probabilities(self, sources, *options):
        path = self.output / "probabilities.csv"
        self.call("submit", *sources, "--data", self.rows, "--output", self.output / "submission.csv", "--probabilities",
                  path, "--force", *options)
        return table(path, np.float64)[:, 1:]


def difference(found, expected):
    """The largest, marked if an answer is another."""
    others = int((found.argmax(1) != expected.argmax(1)).sum())
    return f"{np.abs(found - expected).max():.1e}" + (f" ({others} other answers)" if others else "")


def exports(kit, name, sources, *options):
    """A line of the table: each format's difference, and whether what is imported is what was exported."""
    expected = kit.probabilities(sources, *options)
    cells = [name]
    for format, (answer, ending) in FORMATS.items():
        path = kit.output / f"{name}-{format}{ending}"
        kit.call("export", *sources, "--to", format, "--output", path, "--force", *options)
        cells.append(difference(answer(str(path), kit.pixels), expected))
    return cells


def train_torch(folder, pixels, labels):
    import model
    import torch

    ensemble = model.load().train()
    optimizer = torch.optim.Adam(ensemble.parameters(), 1e-3)
    for rows in np.array_split(np.arange(len(pixels)), 10):
        logits = ensemble.members[0](torch.tensor(pixels[rows]))
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save(ensemble, folder / "trained.safetensors")
    return model.probabilities(ensemble.eval(), pixels)


def train_keras(folder, pixels, labels):
    import keras
    import model

    ensemble = model.load()
    images = next(layer for layer in ensemble.layers if isinstance(layer, model.Preprocessing))(pixels)
    network = ensemble.get_layer("member1")
    network.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(images, labels, batch_size=100, verbose=0)
    model.save(ensemble, folder / "trained.safetensors")
    return model.probabilities(ensemble, pixels)


def comes_back(kit, name, checkpoint, train, format):
    """Whether the export is imported byte for byte; and the difference after training."""
    folder = kit.output / f"{name}-{format}"
    for output, more in [("same", []), ("trained", ["--weights", folder / "trained.safetensors"])]:
        target = folder / output
        subprocess.run(["rm", "-rf", target], check=True)
        if output == "trained":
            sys.path.insert(0, str(folder))
            sys.modules.pop("model", None)
            found = train(folder, kit.pixels, np.arange(len(kit.pixels)) * 7 % 10)
            sys.path.remove(str(folder))
        kit.call("import", folder, "--output", target, *more)
    same = filecmp.cmp(checkpoint, folder / "same/member-1/last.safetensors", shallow=False)
    return ("same bytes, " if same else "OTHER BYTES, ") + difference(found, kit.probabilities([folder / "trained"]))


def main(build, data, output, *runs):
    kit = Kit(build, data, output)
    sources = []
    for number, (network, preprocessing) in enumerate(NETWORKS, 1):
        run = kit.output / f"run-{number}"
        if not run.exists():
            kit.call("train", "--data", data, "--output", run, "--network", network, "--prepare", preprocessing, "--epochs", 1,
                     "--limit", 6000, "--plain-epochs", 0)
        sources.append(run)
    lines = csv.writer(sys.stdout, delimiter="\t")
    lines.writerow(["", *FORMATS, "PyTorch and back", "Keras and back"])
    for (network, preprocessing), run in zip(NETWORKS, sources):
        name = network if len(network) < 20 else "odd"
        checkpoint = run / "member-1/last.safetensors"
        cells = exports(kit, name, [run])
        for format, train in [("pytorch", train_torch), ("keras", train_keras)]:
            cells.append(comes_back(kit, name, checkpoint, train, format))
        lines.writerow(cells)
    sources += map(Path, runs)
    for run in runs:
        lines.writerow(exports(kit, Path(run).name, [run]))
    weights = ",".join(str(1 + number % 3) for number in range(len(sources)))
    for average in ["arithmetic", "geometric", "vote"]:
        lines.writerow(exports(kit, average, sources, "--average", average, "--weights", weights))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(*sys.argv[1:])
