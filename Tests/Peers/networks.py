"""Builds the networks of the kit's architecture notation in Keras and in PyTorch.

`32C3-P2-D25-128N` is a 3×3 convolution with 32 filters and ReLU, 2×2 max pooling, dropout of 25 % and a dense layer with
128 units and ReLU; `kaggle-digits help train` lists all layers. A linear layer with 10 outputs is added at the end; its
softmax is part of the loss.
"""

import re
from dataclasses import dataclass

SIDE = 28
CLASSES = 10


@dataclass(frozen=True)
class Layer:
    """One token of the notation; `size` is the rows and columns of the kernel or of the pooling window."""

    kind: str
    units: int = 0
    size: tuple[int, int] = (1, 1)
    stride: int = 1
    same_padding: bool = False
    relu: bool = False
    rate: float = 0.0


def layers(notation):
    """The layers of a notation, including the linear layer at the end."""
    return [layer(token) for token in notation.split("-")] + [Layer("dense", units=CLASSES)]


def layer(token):
    """The layer of one token."""
    if match := re.fullmatch(r"(\d+)C(\d+)(?:x(\d+))?(?:S(\d+))?(p?)(l?)", token):
        filters, rows, columns, stride, same, linear = match.groups()
        size = (int(rows), int(columns or rows))
        return Layer("convolution", int(filters), size, int(stride or 1), same == "p", linear == "")
    if match := re.fullmatch(r"(\d+)N(l?)", token):
        return Layer("dense", units=int(match[1]), relu=match[2] == "")
    if match := re.fullmatch(r"([PA])(\d+)", token):
        kind = "max pooling" if match[1] == "P" else "average pooling"
        return Layer(kind, size=(int(match[2]), int(match[2])))
    if match := re.fullmatch(r"D(\d+)", token):
        return Layer("dropout", rate=int(match[1]) / 100)
    if token == "B":
        return Layer("normalization")
    if token == "F":
        return Layer("flatten")
    raise ValueError(f"'{token}' is not a layer")


def keras_network(notation):
    """The network in Keras. It maps images `[image][row][column][1]` to logits `[image][10]`."""
    import keras

    network = keras.Sequential([keras.layers.Input((SIDE, SIDE, 1))])
    for layer in layers(notation):
        activation = "relu" if layer.relu else None
        if layer.kind == "dense" and len(network.output_shape) > 2:
            network.add(keras.layers.Flatten())
        network.add(
            {
                "convolution": lambda: keras.layers.Conv2D(
                    layer.units,
                    layer.size,
                    strides=layer.stride,
                    padding="same" if layer.same_padding else "valid",
                    activation=activation,
                ),
                "dense": lambda: keras.layers.Dense(layer.units, activation=activation),
                "max pooling": lambda: keras.layers.MaxPooling2D(layer.size),
                "average pooling": lambda: keras.layers.AveragePooling2D(layer.size),
                "dropout": lambda: keras.layers.Dropout(layer.rate),
                "normalization": lambda: keras.layers.BatchNormalization(),
                "flatten": lambda: keras.layers.Flatten(),
            }[layer.kind]()
        )
    return network


def torch_network(notation):
    """The network in PyTorch. It maps images `[image][1][row][column]`, channels last in memory, to logits `[image][10]`.

    Where PyTorch's layers differ from Keras's, these follow Keras: `same` padding puts an odd zero at the end, batch
    normalization has Keras's constants, and flattened maps have the channels innermost (free with channels last).
    """
    import torch
    from torch import nn

    class ChannelsLastFlatten(nn.Module):
        def forward(self, maps):
            return maps.permute(0, 2, 3, 1).flatten(1)

    modules = []
    channels, rows, columns = 1, SIDE, SIDE
    is_flat = False

    def flatten():
        nonlocal channels, rows, columns, is_flat
        if not is_flat:
            modules.append(ChannelsLastFlatten())
            channels, rows, columns, is_flat = channels * rows * columns, 1, 1, True

    for layer in layers(notation):
        if layer.kind == "convolution":
            top, bottom = padding(rows, layer.size[0], layer)
            left, right = padding(columns, layer.size[1], layer)
            symmetric = (top, left) if (top, left) == (bottom, right) else (0, 0)
            if symmetric != (bottom, right):
                modules.append(nn.ZeroPad2d((left, right, top, bottom)))
            modules.append(nn.Conv2d(channels, layer.units, layer.size, layer.stride, symmetric))
            channels = layer.units
            rows = (rows + top + bottom - layer.size[0]) // layer.stride + 1
            columns = (columns + left + right - layer.size[1]) // layer.stride + 1
        elif layer.kind == "dense":
            flatten()
            modules.append(nn.Linear(channels, layer.units))
            channels = layer.units
        elif layer.kind in ("max pooling", "average pooling"):
            pooling = nn.MaxPool2d if layer.kind == "max pooling" else nn.AvgPool2d
            modules.append(pooling(layer.size))
            rows, columns = rows // layer.size[0], columns // layer.size[1]
        elif layer.kind == "dropout":
            modules.append(nn.Dropout(layer.rate))
        elif layer.kind == "normalization":
            normalization = nn.BatchNorm1d if is_flat else nn.BatchNorm2d
            modules.append(normalization(channels, eps=0.001, momentum=0.01))
        elif layer.kind == "flatten":
            flatten()
        if layer.relu:
            modules.append(nn.ReLU(inplace=True))
    return nn.Sequential(*modules).to(memory_format=torch.channels_last)


def padding(size, kernel, layer):
    """The number of zeros before and after a map's side of `size`. As in TensorFlow, `same` padding puts an odd zero after."""
    if not layer.same_padding:
        return 0, 0
    zeros = max((-(-size // layer.stride) - 1) * layer.stride + kernel - size, 0)
    return zeros // 2, zeros - zeros // 2
