#!/usr/bin/env python3
"""Compares exported networks with the kit, on the same rows.

    compare.py ROWS.csv EXPORT PROBABILITIES.csv [EXPORT PROBABILITIES.csv ...]

ROWS.csv is a test.csv of Kaggle's; EXPORT a file of `kaggle-digits export` (.onnx, or .html, which Chromium opens) or a folder
of it (--to pytorch, --to keras); PROBABILITIES.csv what `kaggle-digits submit --probabilities` wrote for the rows. Prints a
line for each export, and fails if a probability differs by more than 1e-5 (1e-4 for a page), or an answer at all. An ONNX
model must also pass onnx.checker.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

LARGEST = {".onnx": 1e-5, ".html": 1e-4, "": 1e-5}


def table(path, type):
    return np.loadtxt(path, delimiter=",", skiprows=1, dtype=type, ndmin=2)


def onnx(path, pixels):
    import onnx
    import onnxruntime

    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    (wanted,) = session.get_outputs()
    assert (given.name, wanted.name) == ("pixels", "probabilities"), (given.name, wanted.name)
    assert given.shape == ["images", 784] and wanted.shape[0] == "images", (given.shape, wanted.shape)
    pixels = pixels.astype({"tensor(uint8)": np.uint8, "tensor(float)": np.float32}[given.type])
    # Any number of images: in one batch, and one alone.
    (all,) = session.run(None, {"pixels": pixels})
    assert all.shape[1] == wanted.shape[1], (all.shape, wanted.shape)
    (one,) = session.run(None, {"pixels": pixels[:1]})
    assert np.abs(all[:1] - one).max() < LARGEST[".onnx"]
    return all


def library(folder, pixels):
    """What the folder's own model.py answers."""
    sys.path.insert(0, str(folder))
    sys.modules.pop("model", None)
    try:
        import model

        return np.asarray(model.probabilities(model.load(), pixels))
    finally:
        sys.path.remove(str(folder))


def page(path, pixels):
    """What the page answers in headless Chromium."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "ReportingTests"))
    from browser import Browser

    browser = Browser(shutil.which("chromium") or shutil.which("google-chrome"))
    try:
        browser.open_page()
        browser.call("Page.navigate", url=Path(path).resolve().as_uri())
        browser.wait_for("Page.loadEventFired")
        answers = []
        for rows in np.array_split(pixels, max(1, len(pixels) // 100)):
            script = f"""(async () => {{
              const answers = [];
              for (const row of {json.dumps(rows.tolist())}) answers.push(await kaggleDigits.probabilities(row));
              return answers;
            }})()"""
            result = browser.call("Runtime.evaluate", wait=300, expression=script, returnByValue=True, awaitPromise=True)
            assert "exceptionDetails" not in result, result
            answers += result["result"]["value"]
        return np.array(answers)
    finally:
        browser.close()


def main(arguments):
    pixels = table(arguments[0], np.uint8)
    failed = False
    for export, expected in zip(arguments[1::2], arguments[2::2], strict=True):
        expected = table(expected, np.float64)[:, 1:]
        kind = Path(export).suffix
        found = {".onnx": onnx, ".html": page, "": library}[kind](export, pixels)
        difference = np.abs(found - expected).max()
        others = int((found.argmax(axis=1) != expected.argmax(axis=1)).sum())
        print(f"{export}: {len(pixels)} rows, largest difference {difference:.1e}, other answers {others}")
        failed |= not difference <= LARGEST[kind] or others > 0
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
