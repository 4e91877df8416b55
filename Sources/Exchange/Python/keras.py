"""Trained networks that read the digits 0 to 9, in Keras 3. Written by kaggle-digits export.

    from model import load
    ensemble = load()

Then ensemble.predict(pixels) gives a row of ten probabilities for each image. pixels has rows of 784 numbers as in Kaggle's
files, row by row, from 0 (paper) to 255 (ink). ensemble.get_layer("member1") is a member's network, from preprocessed images
[images, 28, 28, 1] to logits, to train it further; `kaggle-digits import` takes back what save(ensemble) wrote.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
from safetensors.numpy import load_file, save_file

SIDE = 28
WEIGHTS = Path(__file__).with_name("model.safetensors")
# CONSTANTS


@keras.saving.register_keras_serializable("kaggle_digits")
class Preprocessing(layers.Layer):
    """Images [images, 28, 28, 1] from 0 to 1 of pixels [images, 784]; kind is none, deskew or spread.

    deskew shears an image upright, by the slant of its ink; spread scales and centres it horizontally, too.
    """

    def __init__(self, kind, **options):
        super().__init__(**options)
        self.kind = kind

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}

    def call(self, pixels):
        images = ops.reshape(ops.cast(pixels, "float32"), (-1, SIDE, SIDE))
        if self.kind != "none":
            images = upright(images, spreads=self.kind == "spread")
        return images[..., None] / 255


def upright(images, spreads):
    # Coordinates from the images' middle.
    x = np.arange(SIDE, dtype="float32") - (SIDE - 1) / 2
    y = x[:, None]
    mass = ops.maximum(ops.sum(images, (1, 2), keepdims=True), 1.0)

    def mean(values):
        return ops.sum(images * values, (1, 2), keepdims=True) / mass

    column, row = mean(x), mean(y)
    columns, both, rows = mean(x * x) - column**2, mean(x * y) - column * row, mean(y * y) - row**2
    slant = ops.clip(both / ops.maximum(rows, 1e-4), -1.0, 1.0)
    places = x + slant * (y - row)
    if spreads:
        variance = ops.maximum(columns - slant * (2 * both - slant * rows), SPREAD_LEAST_VARIANCE)
        across = ops.clip(ops.sqrt(variance) / SPREAD_DEVIATION, SPREAD_FROM, SPREAD_TO)
        places = across * x + slant * (y - row) + column
    # Each row at these places in it, by linear interpolation, with paper outside.
    weights = ops.relu(1 - ops.abs(places[..., None] - x))
    return ops.matmul(weights, images[..., None])[..., 0]


# NETWORKS


@keras.saving.register_keras_serializable("kaggle_digits")
class Average(layers.Layer):
    """The average of the members' probabilities."""

    def call(self, probabilities):
        # AVERAGE


def weighted(values):
    """The sum of the members' values, each times the member's share."""
    return sum(share * value for share, value in zip(SHARES, values))


def build():
    """The ensemble without trained weights."""
    pixels = keras.Input((SIDE * SIDE,), name="pixels")
    members = [
        # MEMBERS
    ]
    images = {kind: Preprocessing(kind, name=kind)(pixels) for kind, _ in members}
    probabilities = [layers.Softmax()(network(images[kind])) for kind, network in members]
    return keras.Model(pixels, Average(name="average")(probabilities), name="ensemble")


def load(path=WEIGHTS):
    """The ensemble with its trained weights, ready to predict."""
    ensemble = build()
    tensors = load_file(path)
    for variable in ensemble.weights:
        variable.assign(tensors[variable.path])
    return ensemble


def save(ensemble, path=WEIGHTS):
    """Writes the weights, for load and for kaggle-digits import."""
    save_file({variable.path: ops.convert_to_numpy(variable) for variable in ensemble.weights}, path)


def probabilities(ensemble, pixels):
    """NumPy's probabilities of NumPy's pixels, any number of rows."""
    return ensemble.predict(pixels.astype("float32"), batch_size=500, verbose=0)
