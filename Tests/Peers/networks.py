"""Builds the networks of the kit's architecture notation in Keras, PyTorch and JAX.

`32C3-P2-D25-128N` is a 3×3 convolution with 32 filters and ReLU, 2×2 max pooling, dropout of 25 % and a dense layer with
128 units and ReLU; `kaggle-digits help train` lists all layers. A linear layer with 10 outputs is added at the end; its
softmax is part of the loss.
"""

import math
import re
from dataclasses import dataclass

SIDE = 28
CLASSES = 10
EPSILON = 0.001  # of batch normalization; Keras's
MOMENTUM = 0.99  # likewise


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


def fixed_weights(notation):
    """Random weights, the same in every call, to compare the peers' logits: a list in Keras's order, with Keras's axes.

    A convolution has a kernel `[row][column][input][output]` and a bias, a dense layer a kernel `[input][output]` and a bias,
    a normalization gamma, beta, mean and variance. Nothing is 0 or 1, so that no part can be left out unnoticed.
    """
    import numpy

    random = numpy.random.default_rng(1)
    arrays = []

    def kernel(*shape):
        return random.normal(0, math.sqrt(2 / math.prod(shape[:-1])), shape)

    for layer, (rows, columns, channels) in zip(layers(notation), input_shapes(notation)):
        if layer.kind == "convolution":
            arrays += [kernel(*layer.size, channels, layer.units), random.normal(0, 0.05, layer.units)]
        elif layer.kind == "dense":
            arrays += [kernel(rows * columns * channels, layer.units), random.normal(0, 0.05, layer.units)]
        elif layer.kind == "normalization":
            arrays += [random.uniform(0.5, 1.5, channels), random.normal(0, 0.1, channels)]
            arrays += [random.normal(0, 0.1, channels), random.uniform(0.5, 1.5, channels)]
    return [array.astype(numpy.float32) for array in arrays]


def parameter_count(notation):
    """The number of trained parameters; a normalization's mean and variance are not trained."""
    statistics = sum(
        2 * channels for layer, (_, _, channels) in zip(layers(notation), input_shapes(notation)) if layer.kind == "normalization"
    )
    return sum(array.size for array in fixed_weights(notation)) - statistics


def input_shapes(notation):
    """The rows, columns and channels of every layer's input; a dense layer's output has one row and one column."""
    rows, columns, channels = SIDE, SIDE, 1
    shapes = []
    for layer in layers(notation):
        shapes.append((rows, columns, channels))
        if layer.kind == "convolution":
            rows = (rows + sum(padding(rows, layer.size[0], layer)) - layer.size[0]) // layer.stride + 1
            columns = (columns + sum(padding(columns, layer.size[1], layer)) - layer.size[1]) // layer.stride + 1
            channels = layer.units
        elif layer.kind in ("max pooling", "average pooling"):
            rows, columns = rows // layer.size[0], columns // layer.size[1]
        elif layer.kind == "flatten":
            rows, columns, channels = 1, 1, rows * columns * channels
        elif layer.kind == "dense":
            rows, columns, channels = 1, 1, layer.units
    return shapes


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
                "normalization": lambda: keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON),
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
    is_flat = False

    def flatten():
        nonlocal is_flat
        if not is_flat:
            modules.append(ChannelsLastFlatten())
            is_flat = True

    for layer, (rows, columns, channels) in zip(layers(notation), input_shapes(notation)):
        if layer.kind == "convolution":
            top, bottom = padding(rows, layer.size[0], layer)
            left, right = padding(columns, layer.size[1], layer)
            symmetric = (top, left) if (top, left) == (bottom, right) else (0, 0)
            if symmetric != (bottom, right):
                modules.append(nn.ZeroPad2d((left, right, top, bottom)))
            modules.append(nn.Conv2d(channels, layer.units, layer.size, layer.stride, symmetric))
        elif layer.kind == "dense":
            flatten()
            modules.append(nn.Linear(rows * columns * channels, layer.units))
        elif layer.kind in ("max pooling", "average pooling"):
            pooling = nn.MaxPool2d if layer.kind == "max pooling" else nn.AvgPool2d
            modules.append(pooling(layer.size))
        elif layer.kind == "dropout":
            modules.append(nn.Dropout(layer.rate))
        elif layer.kind == "normalization":
            normalization = nn.BatchNorm1d if is_flat else nn.BatchNorm2d
            modules.append(normalization(channels, eps=EPSILON, momentum=1 - MOMENTUM))
        elif layer.kind == "flatten":
            flatten()
        if layer.relu:
            modules.append(nn.ReLU(inplace=True))
    return nn.Sequential(*modules).to(memory_format=torch.channels_last)


def fixed_torch_network(notation):
    """The network in PyTorch with the fixed weights."""
    import torch

    network = torch_network(notation)
    arrays = iter(fixed_weights(notation))
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                array = torch.from_numpy(next(arrays))
                # PyTorch's kernels have the outputs first.
                tensor.copy_({4: lambda: array.permute(3, 2, 0, 1), 2: lambda: array.T, 1: lambda: array}[array.ndim]())
    return network


def fixed_keras_network(notation):
    """The network in Keras with the fixed weights."""
    network = keras_network(notation)
    network.set_weights(fixed_weights(notation))
    return network


def jax_network(notation):
    """The network in JAX: a function, and the fixed weights for it.

    The function takes weights, images `[image][row][column][1]` and, in training, a random key. It returns the logits and
    the weights with the moving means and variances updated, or as they were.
    """
    import jax
    from jax import lax, numpy

    def network(arrays, maps, key=None):
        arrays = list(arrays)
        place = 0
        for layer in layers(notation):
            if layer.kind == "convolution":
                kernel, bias = arrays[place : place + 2]
                place += 2
                strides, padding = (layer.stride, layer.stride), "SAME" if layer.same_padding else "VALID"
                axes = ("NHWC", "HWIO", "NHWC")
                maps = lax.conv_general_dilated(maps, kernel, strides, padding, dimension_numbers=axes) + bias
            elif layer.kind == "dense":
                kernel, bias = arrays[place : place + 2]
                place += 2
                maps = maps.reshape(len(maps), -1) @ kernel + bias
            elif layer.kind == "normalization":
                gamma, beta, mean, variance = arrays[place : place + 4]
                if key is not None:
                    axes = tuple(range(maps.ndim - 1))
                    batch_mean = numpy.mean(maps, axes)
                    batch = batch_mean, numpy.mean(maps * maps, axes) - batch_mean * batch_mean
                    for index, moving, new in ((place + 2, mean, batch[0]), (place + 3, variance, batch[1])):
                        arrays[index] = lax.stop_gradient(MOMENTUM * moving + (1 - MOMENTUM) * new)
                    mean, variance = batch
                place += 4
                scale = gamma * lax.rsqrt(variance + EPSILON)
                maps = maps * scale + (beta - mean * scale)
            elif layer.kind in ("max pooling", "average pooling"):
                window = (1, *layer.size, 1)
                if layer.kind == "max pooling":
                    maps = lax.reduce_window(maps, -numpy.inf, lax.max, window, window, "VALID")
                else:
                    maps = lax.reduce_window(maps, 0.0, lax.add, window, window, "VALID") / math.prod(layer.size)
            elif layer.kind == "dropout" and key is not None:
                key, mask = jax.random.split(key)
                maps = numpy.where(jax.random.bernoulli(mask, 1 - layer.rate, maps.shape), maps / (1 - layer.rate), 0)
            elif layer.kind == "flatten":
                maps = maps.reshape(len(maps), -1)
            if layer.relu:
                maps = jax.nn.relu(maps)
        return maps, arrays

    return network, [numpy.asarray(array) for array in fixed_weights(notation)]


def padding(size, kernel, layer):
    """The number of zeros before and after a map's side of `size`. As in TensorFlow, `same` padding puts an odd zero after."""
    if not layer.same_padding:
        return 0, 0
    zeros = max((-(-size // layer.stride) - 1) * layer.stride + kernel - size, 0)
    return zeros // 2, zeros - zeros // 2
