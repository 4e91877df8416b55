"""One measurement of one peer. peers.py starts it as a process of its own, with the virtual environment's Python.

The last line of its output is the result as JSON.
"""

import argparse
import importlib.metadata
import io
import json
import pathlib
import tempfile
import time
import zipfile

import networks

PREDICTION_BATCHES = (16, 128, 512)
PREDICTION_IMAGES = 8192
SAMPLES = 5
SAMPLE_SECONDS = 0.5
STEPS_A_CALL = 32  # Keras's steps_per_execution; one step per call was 5 to 40 % slower.


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("versions", help="the versions of packages")
    command.add_argument("packages", nargs="*")
    command = commands.add_parser("rows", help="parse train.csv once for all runs")
    command.add_argument("data", type=pathlib.Path)
    command.add_argument("output", type=pathlib.Path)
    command = commands.add_parser("train", help="seconds per epoch")
    command.add_argument("peer", choices=list(TRAINERS))
    command.add_argument("notation")
    command.add_argument("--batch", type=int, required=True)
    command.add_argument("--epochs", type=int, required=True)
    command.add_argument("--limit", type=int)
    command.add_argument("--rows", type=pathlib.Path, required=True)
    command.add_argument("--threads", type=int, required=True)
    command = commands.add_parser("predict", help="images per second, by setting and batch size")
    command.add_argument("peer", choices=list(PREDICTORS))
    command.add_argument("notation")
    command.add_argument("--rows", type=pathlib.Path, required=True)
    command.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()

    if options.command == "versions":
        result = versions(options.packages)
    elif options.command == "rows":
        result = parse_rows(options.data, options.output)
    elif options.command == "train":
        result = TRAINERS[options.peer](options, *read_rows(options.rows, options.limit))
    else:
        images, _ = read_rows(options.rows, PREDICTION_IMAGES)
        result = predict(PREDICTORS[options.peer](options), images)
    print(json.dumps(result))


def versions(packages):
    """The installed version of each package; raises if one is missing."""
    return {package: importlib.metadata.version(package) for package in packages}


def parse_rows(data, output):
    """Writes the pixels and labels of train.csv in Kaggle's zip to an .npz file, as arrays of bytes."""
    import numpy

    with zipfile.ZipFile(data) as archive, archive.open("train.csv") as file:
        table = numpy.loadtxt(io.TextIOWrapper(file), delimiter=",", skiprows=1, dtype=numpy.uint8)
    numpy.savez(output, labels=table[:, 0], pixels=table[:, 1:])
    return {"rows": len(table)}


def read_rows(path, limit):
    """The first `limit` images `[image][row][column][1]`, from 0 to 1, and their labels."""
    import numpy

    rows = numpy.load(path)
    shape = (-1, networks.SIDE, networks.SIDE, 1)
    images = rows["pixels"][:limit].astype(numpy.float32).reshape(shape) / 255
    return images, rows["labels"][:limit].astype(numpy.int64)


def train_keras(options, images, labels):
    """Trains with `Model.fit`, compiled by TensorFlow without XLA, which was twenty times slower."""
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(options.threads)
    seconds = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            seconds.append(time.perf_counter() - self.start)

    network = networks.keras_network(options.notation)
    network.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
        steps_per_execution=STEPS_A_CALL,
    )
    history = network.fit(
        images, labels, batch_size=options.batch, epochs=options.epochs, shuffle=True, verbose=0, callbacks=[Clock()]
    )
    parameters = sum(variable.numpy().size for variable in network.trainable_weights)
    return {"seconds": seconds, "loss": history.history["loss"][-1], "parameters": parameters}


def train_torch(options, images, labels, bfloat16=False):
    """Trains with a plain loop: channels last, fused Adam, eager mode (`torch.compile` was slower)."""
    import torch

    torch.set_num_threads(options.threads)
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    network = networks.torch_network(options.notation).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001, fused=True)
    seconds = []
    for _ in range(options.epochs):
        start = time.perf_counter()
        total = torch.zeros(())
        for rows in torch.randperm(len(images)).split(options.batch):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                logits = network(images[rows].permute(0, 3, 1, 2))
            loss = torch.nn.functional.cross_entropy(logits.float(), labels[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
        loss = total.item() / len(images)
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "loss": loss, "parameters": parameter_count(network)}


def parameter_count(network):
    """The number of a PyTorch network's trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def torch_predictors(options, bfloat16=False):
    """The number of parameters, and a predictor for each setting of PyTorch: eager, and traced, frozen and fused."""
    import torch

    torch.set_num_threads(options.threads)
    network = networks.torch_network(options.notation).eval()
    settings = {"eager": network}
    if not bfloat16:
        example = torch.rand(networks.SIDE, networks.SIDE, 1).expand(16, -1, -1, -1).permute(0, 3, 1, 2)
        frozen = torch.jit.freeze(torch.jit.trace(network, example))
        settings["frozen"] = torch.jit.optimize_for_inference(frozen)

    def predictor(network):
        def predict(images):
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                network(torch.from_numpy(images).permute(0, 3, 1, 2))

        return predict

    return parameter_count(network), {name: predictor(network) for name, network in settings.items()}


def onnxruntime_predictors(options):
    """The number of parameters, and a predictor of ONNX Runtime for the network exported from PyTorch."""
    import onnxruntime
    import torch

    network = networks.torch_network(options.notation).eval()
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/network.onnx"
        torch.onnx.export(
            network,
            (torch.rand(16, 1, networks.SIDE, networks.SIDE),),
            path,
            input_names=["images"],
            dynamic_shapes=({0: torch.export.Dim("count", min=1, max=65536)},),
            external_data=False,
        )
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    # With a single channel, the bytes are the same wherever the channel axis is.
    shape = (-1, 1, networks.SIDE, networks.SIDE)
    predict = lambda images: session.run(None, {"images": images.reshape(shape)})
    return parameter_count(network), {"exported": predict}


def predict(predictors, images):
    """Images per second of every setting and batch size, with several samples each."""
    parameters, settings = predictors
    rates = []
    for setting, predict in settings.items():
        for size in PREDICTION_BATCHES:
            batches = [images[first : first + size] for first in range(0, len(images) - size + 1, size)]
            for batch in batches[:3]:
                predict(batch)
            samples = [rate(predict, batches, size) for _ in range(SAMPLES)]
            rates.append({"setting": setting, "batch": size, "samples": samples})
    return {"rates": rates, "parameters": parameters}


def rate(predict, batches, size):
    """Images per second, measured over at least `SAMPLE_SECONDS`."""
    start, count = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < SAMPLE_SECONDS:
        predict(batches[count % len(batches)])
        count += 1
    return count * size / elapsed


TRAINERS = {
    "Keras": train_keras,
    "PyTorch": train_torch,
    "PyTorch bfloat16": lambda options, images, labels: train_torch(options, images, labels, bfloat16=True),
}
PREDICTORS = {
    "PyTorch": torch_predictors,
    "PyTorch bfloat16": lambda options: torch_predictors(options, bfloat16=True),
    "ONNX Runtime": onnxruntime_predictors,
}

if __name__ == "__main__":
    main()
