"""One measurement of one peer. peers.py starts it as a process of its own, with the virtual environment's Python.

The last line of its output is the result as JSON.
"""

import argparse
import contextlib
import importlib.metadata
import io
import json
import os
import pathlib
import subprocess
import sys
import time
import zipfile

import networks
from predictors import PREDICTORS
from trainers import TRAINERS

PREDICTION_IMAGES = 8192
COMPARED_IMAGES = 512
SAMPLES = 5
SAMPLE_SECONDS = 0.3  # as the kit's benchmark


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("versions", help="the versions of packages")
    command.add_argument("packages", nargs="*")
    command = commands.add_parser("rows", help="parse train.csv once for all runs")
    command.add_argument("data", type=pathlib.Path)
    command.add_argument("output", type=pathlib.Path)
    reference = commands.add_parser("reference", help="write PyTorch's logits and the network's files for the other peers")
    train = commands.add_parser("train", help="seconds per epoch")
    predict = commands.add_parser("predict", help="images per second, by setting and batch size")
    for command, peers in ((train, TRAINERS), (predict, PREDICTORS)):
        command.add_argument("peer", choices=list(peers))
        command.add_argument("--threads", type=int, required=True)
    for command in (reference, train, predict):
        command.add_argument("notation")
        command.add_argument("--rows", type=pathlib.Path, required=True, help="the file that `rows` wrote")
        command.add_argument("--reference", type=pathlib.Path, required=True, help="the folder that `reference` writes")
        command.set_defaults(compared=COMPARED_IMAGES)
    train.add_argument("--batch", type=int, required=True)
    train.add_argument("--epochs", type=int, required=True)
    train.add_argument("--limit", type=int)
    options = parser.parse_args()

    # Some peers print to standard output, even from C.
    with standard_output_as_errors():
        result = RUNS[options.command](options)
    print(json.dumps(result))


@contextlib.contextmanager
def standard_output_as_errors():
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)


def versions(options):
    """The installed version of each package; raises if one is missing."""
    return {package: importlib.metadata.version(package) for package in options.packages}


def parse_rows(options):
    """Writes the pixels and labels of train.csv in Kaggle's zip to an .npz file, as arrays of bytes."""
    import numpy

    with zipfile.ZipFile(options.data) as archive, archive.open("train.csv") as file:
        table = numpy.loadtxt(io.TextIOWrapper(file), delimiter=",", skiprows=1, dtype=numpy.uint8)
    numpy.savez(options.output, labels=table[:, 0], pixels=table[:, 1:])
    return {"rows": len(table)}


def read_rows(path, limit):
    """The first `limit` images `[image][row][column][1]`, from 0 to 1, and their labels."""
    import numpy

    rows = numpy.load(path)
    shape = (-1, networks.SIDE, networks.SIDE, 1)
    images = rows["pixels"][:limit].astype(numpy.float32).reshape(shape) / 255
    return images, rows["labels"][:limit].astype(numpy.int64)


def write_reference(options):
    """Writes PyTorch's logits, and the network in the formats of ONNX, MNN, ncnn and LiteRT."""
    import numpy
    import torch

    network = networks.fixed_torch_network(options.notation).eval()
    images, _ = read_rows(options.rows, COMPARED_IMAGES)
    with torch.no_grad():
        logits = network(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()
    numpy.save(options.reference / "logits.npy", logits)

    path = options.reference / "network.onnx"
    torch.onnx.export(
        network,
        (torch.rand(16, 1, networks.SIDE, networks.SIDE),),
        path,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("count", min=1, max=65536)},),
        external_data=False,
    )

    # The program mnnconvert would run pip and report its use over the network; its function doesn't.
    import _tools

    target = str(options.reference / "network.mnn")
    _tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", str(path), "--MNNModel", target, "--bizCode", "kit"])

    import pnnx

    shape = f"inputshape=[1,1,{networks.SIDE},{networks.SIDE}]"
    subprocess.run([pnnx.EXEC_PATH, path, shape, "fp16=0"], cwd=options.reference, check=True, stdout=sys.stderr)

    import tensorflow

    converter = tensorflow.lite.TFLiteConverter.from_keras_model(networks.fixed_keras_network(options.notation))
    (options.reference / "network.tflite").write_bytes(converter.convert())
    return {"parameters": networks.parameter_count(options.notation)}


def difference(logits, options):
    """The largest difference from PyTorch's logits, as a share of the largest difference among different images' logits."""
    import numpy

    expected = numpy.load(options.reference / "logits.npy")[: len(logits)]
    scale = abs(expected - expected.mean(axis=0)).max()
    return float(abs(numpy.asarray(logits) - expected).max() / scale)


def train(options):
    result = TRAINERS[options.peer](options, *read_rows(options.rows, options.limit))
    return result | {"difference": difference(result.pop("logits"), options)}


def predict(options):
    """Images per second of every setting and batch size, with several samples each."""
    images, _ = read_rows(options.rows, PREDICTION_IMAGES)
    rates, differences = [], []
    for setting, predictor in PREDICTORS[options.peer](options).items():
        for size in predictor.batches:
            batches = [images[first : first + size] for first in range(0, len(images) - size + 1, size)]
            differences.append(difference(predictor.logits(batches[0]), options))
            rate(predictor, batches, size)  # to warm up
            samples = [rate(predictor, batches, size) for _ in range(SAMPLES)]
            rates.append({"setting": setting, "batch": size, "samples": samples})
    parameters = networks.parameter_count(options.notation)
    return {"rates": rates, "parameters": parameters, "difference": max(differences)}


def rate(predictor, batches, size):
    """Images per second, measured over at least `SAMPLE_SECONDS`."""
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SAMPLE_SECONDS:
        (predictor.start or predictor.logits)(batches[count % len(batches)])
        count += 1
    predictor.wait()
    return count * size / (time.perf_counter() - start)


RUNS = {
    "versions": versions,
    "rows": parse_rows,
    "reference": write_reference,
    "train": train,
    "predict": predict,
}

if __name__ == "__main__":
    main()
