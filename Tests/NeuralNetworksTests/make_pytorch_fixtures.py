#!/usr/bin/env python3
"""Writes Fixtures/*.safetensors: what PyTorch computes for small networks, in float64.

Run with PyTorch (2.13 on CPU wrote the files that are here):

    python3 Tests/NeuralNetworksTests/make_pytorch_fixtures.py

A file holds a batch, first weights, the batch's logits, loss and gradients, and for each optimizer the weights after
three steps with the logits that these predict. Weights have the layouts of the kit's checkpoints, which are Keras's.

Where PyTorch differs from Keras, the script computes what Keras does: `same` padding puts an odd zero at the end,
batch normalization has epsilon 0.001 and the running variance takes the biased one (with 0.01 of the batch's).
"""

import json
import pathlib
import re
import struct

import torch
from torch.nn import functional as F

SIDE = 9
IMAGES = 21  # a whole shard of 16 and a ragged one
STEPS = 3
NETWORKS = {
    "convolutions": "4C3-P2-5C2l-A2-6N",
    "padding": "5C2x3p-A3-6C2S2pl-F-4Nl",
    "normalization": "3C4S2p-B-4C3p-B-P2-7N-B",
}
OPTIMIZERS = {
    "adam": (1e-3, lambda p: torch.optim.Adam(p, lr=1e-3)),
    "adamw": (2e-3, lambda p: torch.optim.AdamW(p, lr=2e-3, weight_decay=0.01)),
    "sgd": (5e-2, lambda p: torch.optim.SGD(p, lr=5e-2, momentum=0.9, nesterov=True)),
}


def same_padding(size, kernel, stride):
    zeros = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return zeros // 2, zeros - zeros // 2


class Network:
    """A network of the kit's notation; `tensors` has its weights by their names in a checkpoint."""

    def __init__(self, notation, generator):
        self.tokens = notation.split("-") + ["10Nl"]
        self.tensors = {}
        channels, rows, columns = 1, SIDE, SIDE
        for number, token in enumerate(self.tokens):
            name = f"layers.{number}"
            if match := re.fullmatch(r"(\d+)C(\d+)(?:x(\d+))?(?:S(\d+))?(p?)l?", token):
                filters, height, width, stride = (int(x or 0) for x in match.groups()[:4])
                width, stride = width or height, stride or 1
                self.add(f"{name}.weight", (height, width, channels, filters), generator)
                self.add(f"{name}.bias", (filters,), generator)
                if match[5]:
                    rows, columns = -(-rows // stride), -(-columns // stride)
                else:
                    rows, columns = (rows - height) // stride + 1, (columns - width) // stride + 1
                channels = filters
            elif match := re.fullmatch(r"(\d+)Nl?", token):
                units = int(match[1])
                self.add(f"{name}.weight", (rows * columns * channels, units), generator)
                self.add(f"{name}.bias", (units,), generator)
                channels, rows, columns = units, 1, 1
            elif match := re.fullmatch(r"[PA](\d+)", token):
                rows, columns = rows // int(match[1]), columns // int(match[1])
            elif token == "B":
                for part in ("gamma", "beta", "moving_mean", "moving_variance"):
                    self.add(f"{name}.{part}", (channels,), generator)

    def add(self, name, shape, generator):
        # float32 numbers, held in float64.
        values = torch.rand(shape, generator=generator, dtype=torch.float32) - 0.5
        if name.endswith(("gamma", "variance")):
            values += 1
        self.tensors[name] = values.double()

    def trained(self):
        return {name: value for name, value in self.tensors.items() if "moving" not in name}

    def logits(self, images, training):
        x = images[:, None]
        for number, token in enumerate(self.tokens):
            get = lambda part: self.tensors[f"layers.{number}.{part}"]
            if "C" in token:
                weight = get("weight").permute(3, 2, 0, 1)
                stride = int(match[1]) if (match := re.search(r"S(\d+)", token)) else 1
                if "p" in token:
                    top, bottom = same_padding(x.shape[2], weight.shape[2], stride)
                    left, right = same_padding(x.shape[3], weight.shape[3], stride)
                    x = F.pad(x, (left, right, top, bottom))
                x = F.conv2d(x, weight, get("bias"), stride=stride)
            elif "N" in token:
                if x.dim() == 4:
                    x = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)
                x = x @ get("weight") + get("bias")
            elif token[0] == "P":
                x = F.max_pool2d(x, int(token[1:]))
            elif token[0] == "A":
                x = F.avg_pool2d(x, int(token[1:]))
            elif token == "B":
                x = self.normalized(x, get, training)
            elif token == "F":
                x = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)
            if token[-1] != "l" and ("C" in token or "N" in token):
                x = F.relu(x)
        return x

    def normalized(self, x, get, training):
        mean, variance = get("moving_mean"), get("moving_variance")
        if training:
            axes = [axis for axis in range(x.dim()) if axis != 1]
            with torch.no_grad():
                biased = x.var(axes, unbiased=False)
                mean.mul_(0.99).add_(0.01 * x.mean(axes))
                variance.mul_(0.99).add_(0.01 * biased)
            mean = variance = None
        return F.batch_norm(x, mean, variance, get("gamma"), get("beta"), training=training, eps=1e-3)


def run(notation):
    generator = torch.Generator().manual_seed(7)
    # Of both signs: where every sum is positive, a bias below a batch normalization has no gradient but noise, and Adam
    # makes whole steps of noise.
    images = 2 * torch.rand((IMAGES, SIDE, SIDE), generator=generator, dtype=torch.float32).double() - 1
    labels = torch.randint(0, 10, (IMAGES,), generator=generator)
    first = Network(notation, generator)
    file = {"images": images.float(), "labels": labels.to(torch.uint8)}
    file |= {f"first.{name}": value.float() for name, value in first.tensors.items()}
    file["first.logits"] = first.logits(images, training=False)
    for optimizer, (_, make) in OPTIMIZERS.items():
        network = Network(notation, torch.Generator())
        network.tensors = {name: value.clone() for name, value in first.tensors.items()}
        trained = network.trained()
        for value in trained.values():
            value.requires_grad_()
        steps = make(trained.values())
        losses = []
        for step in range(STEPS):
            steps.zero_grad()
            loss = F.cross_entropy(network.logits(images, training=True), labels)
            loss.backward()
            losses.append(loss.item())
            if optimizer == "adam" and step == 0:
                file |= {f"gradient.{name}": value.grad.clone() for name, value in trained.items()}
            steps.step()
        file[f"{optimizer}.losses"] = torch.tensor(losses, dtype=torch.float64)
        file |= {f"{optimizer}.{name}": value.detach() for name, value in network.tensors.items()}
        with torch.no_grad():
            file[f"{optimizer}.logits"] = network.logits(images, training=False)
    return file


def write(path, tensors, metadata):
    types = {torch.float64: "F64", torch.float32: "F32", torch.uint8: "U8"}
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in ordered:
        raw = tensor.contiguous().numpy().tobytes()
        header[name] = {
            "dtype": types[tensor.dtype], "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(__file__).parent / "Fixtures"
    folder.mkdir(exist_ok=True)
    rates = {f"{name}.learning_rate": str(rate) for name, (rate, _) in OPTIMIZERS.items()}
    for name, notation in NETWORKS.items():
        metadata = {"network": notation, "torch": torch.__version__, **rates}
        write(folder / f"{name}.safetensors", run(notation), metadata)


if __name__ == "__main__":
    main()
