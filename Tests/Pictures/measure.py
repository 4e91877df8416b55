#!/usr/bin/env python3
"""How well `predict` reads pictures: labelled rows that a run was not trained on are drawn on larger pages, changed as photos
and scans change them, and read again. Prints a table: of each change, how many answers stay and how many are right, the
share of pictures with an answer, and the time.

Needs numpy and Pillow. By hand, on the last 2,000 rows of Kaggle's table, which the run did not see:

    head -n 40001 train.csv > seen.csv
    kaggle-digits train --data seen.csv --validation 0 --output runs/seen
    Tests/Pictures/measure.py runs/seen --data train.csv --last 2000 --bin .build/release
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import numpy as np
from PIL import Image, ImageFilter

SINGLE = ["gradient", "blur", "noise", "lines", "jpeg", "tilt"]
CHANGES = ["enlarged", *SINGLE, "all"]


def picture(row, change, number):
    """A row of 28×28 bytes, ten times as large, dark on a larger light page, and changed."""
    draw = np.random.default_rng([number, CHANGES.index(change)])
    made = SINGLE if change == "all" else [change]
    mild = 0.6 if change == "all" else 1
    smooth = Image.NEAREST if change == "enlarged" else Image.BICUBIC
    digit = Image.fromarray(row).resize((280, 280), smooth)
    if "tilt" in made:
        digit = digit.rotate(draw.uniform(-10, 10), Image.BICUBIC, expand=True)
    ink = np.array(digit) / 255
    height, width = (int(draw.integers(side + 20, 901)) for side in ink.shape)
    page = np.zeros((height, width))
    top = int(draw.integers(0, height - ink.shape[0] + 1))
    left = int(draw.integers(0, width - ink.shape[1] + 1))
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    if "lines" in made:
        distance, thickness = draw.integers(50, 110), draw.integers(2, 4)
        slope = np.tan(np.radians(draw.uniform(-3, 3)))
        down = np.arange(height)[:, None] - slope * np.arange(width)[None]
        page = np.maximum(page, (down % distance < thickness) * draw.uniform(0.3, 0.6))
    paper, black = (255, 0) if change == "enlarged" else (draw.uniform(200, 245), draw.uniform(20, 70))
    grey = paper + (black - paper) * page
    if "gradient" in made:
        angle = draw.uniform(0, 2 * np.pi)
        ramp = np.cos(angle) * np.linspace(-1, 1, width)[None] + np.sin(angle) * np.linspace(-1, 1, height)[:, None]
        grey = grey * (0.8 + 0.14 * ramp)
    image = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    if "blur" in made:
        image = image.filter(ImageFilter.GaussianBlur(draw.uniform(2, 6) * mild))
    if "noise" in made:
        noisy = np.array(image) + draw.normal(0, draw.uniform(5, 20) * mild, (height, width))
        image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    return image


def answers(command, folder):
    """The digit that `predict` reads in each picture of a folder, in the files' order, None where it finds no single one; and
    the seconds."""
    start = time.monotonic()
    done = subprocess.run([*command, folder], capture_output=True, text=True)
    seconds = time.monotonic() - start
    if done.returncode != 0:
        raise SystemExit(f"predict ended with {done.returncode}: {done.stderr}")
    return [entry["number"] for entry in json.loads(done.stdout)], seconds


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", help="a run that was not trained on the rows")
    options.add_argument("--data", required=True, help="a train.csv")
    options.add_argument("--last", type=int, default=500, help="so many rows at its end")
    options.add_argument("--bin", default=".build/release", help="the folder of the executables")
    options.add_argument("--changes", nargs="+", default=CHANGES, choices=CHANGES)
    given = options.parse_args()
    rows = np.loadtxt(given.data, delimiter=",", skiprows=1, dtype=np.uint8)[-given.last :]
    labels, images = [str(label) for label in rows[:, 0]], rows[:, 1:].reshape(-1, 28, 28)
    command = [f"{given.bin}/kaggle-digits-predict", given.run, "--json", "--quiet"]
    with tempfile.TemporaryDirectory() as scratch:

        def read(name, make):
            folder = pathlib.Path(scratch, name)
            folder.mkdir()
            for number, image in enumerate(images):
                ending, options = (".jpg", {"quality": 60}) if name in ("jpeg", "all") else (".png", {})
                make(image, number).save(folder / f"{number:06}{ending}", **options)
            return answers(command, str(folder))

        plain, _ = read("rows", lambda image, number: Image.fromarray(image))
        print(f"{len(rows)} rows, {100 * np.mean([a == b for a, b in zip(plain, labels)]):.2f} % right as they are")
        print(f"{'change':10} {'stay':>8} {'right':>8} {'found':>8} {'ms each':>8}")
        for change in given.changes:
            found, seconds = read(change, lambda image, number: picture(image, change, number))
            shares = [
                100 * np.mean([a == b for a, b in zip(found, plain)]),
                100 * np.mean([a == b for a, b in zip(found, labels)]),
                100 * np.mean([a is not None for a in found]),
            ]
            cells = " ".join(f"{share:6.2f} %" for share in shares)
            print(f"{change:10} {cells} {1000 * seconds / len(rows):8.1f}", flush=True)


if __name__ == "__main__":
    main()
