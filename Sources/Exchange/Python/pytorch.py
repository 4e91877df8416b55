"""Trained networks that read the digits 0 to 9, in PyTorch. Written by kaggle-digits export.

    from model import load
    ensemble = load()

Then ensemble(pixels) gives a row of ten probabilities for each image. pixels is a tensor of rows of 784 numbers as in
Kaggle's files, row by row, from 0 (paper) to 255 (ink). ensemble.members[0](pixels) gives a member's logits, to train it
further; `kaggle-digits import` takes back what save(ensemble) wrote.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

SIDE = 28
WEIGHTS = Path(__file__).with_name("model.safetensors")
# CONSTANTS


def none(images):
    """The images as they are, [images, 28, 28]."""
    return images


def deskew(images):
    """Shears the images [images, 28, 28] upright, by the slant of their ink."""
    return upright(images, spreads=False)


def spread(images):
    """Shears the images upright, and scales and centres them horizontally."""
    return upright(images, spreads=True)


def upright(images, spreads):
    # Coordinates from the images' middle.
    x = torch.arange(SIDE, dtype=images.dtype, device=images.device) - (SIDE - 1) / 2
    y = x[:, None]
    mass = images.sum((1, 2), keepdim=True).clamp(min=1)

    def mean(values):
        return (images * values).sum((1, 2), keepdim=True) / mass

    column, row = mean(x), mean(y)
    columns, both, rows = mean(x * x) - column**2, mean(x * y) - column * row, mean(y * y) - row**2
    slant = (both / rows.clamp(min=1e-4)).clamp(-1, 1)
    places = x + slant * (y - row)
    if spreads:
        variance = (columns - slant * (2 * both - slant * rows)).clamp(min=SPREAD_LEAST_VARIANCE)
        across = (variance.sqrt() / SPREAD_DEVIATION).clamp(SPREAD_FROM, SPREAD_TO)
        places = across * x + slant * (y - row) + column
    # Each row at these places in it, by linear interpolation, with paper outside.
    weights = (1 - (places[..., None] - x).abs()).relu()
    return (weights @ images[..., None])[..., 0]


# NETWORKS


class Member(nn.Module):
    """A network and the preprocessing of its images."""

    def __init__(self, preprocessing, network):
        super().__init__()
        self.preprocessing = preprocessing
        self.network = network

    def forward(self, pixels):
        """Logits [images, classes] of pixels [images, 784]."""
        images = self.preprocessing(pixels.float().reshape(-1, SIDE, SIDE))
        return self.network(images[:, None] / 255)


class Ensemble(nn.Module):
    """The members, and the average of their probabilities."""

    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList(
            [
                # MEMBERS
            ]
        )

    def forward(self, pixels):
        """Probabilities [images, classes] of pixels [images, 784]."""
        return average([member(pixels).softmax(1) for member in self.members])


def average(probabilities):
    # AVERAGE


def weighted(values):
    """The sum of the members' values, each times the member's share."""
    return sum(share * value for share, value in zip(SHARES, values))


def load(path=WEIGHTS):
    """The ensemble with its trained weights, ready to predict."""
    ensemble = Ensemble()
    ensemble.load_state_dict(load_file(path))
    return ensemble.eval()


def save(ensemble, path=WEIGHTS):
    """Writes the weights, for load and for kaggle-digits import."""
    save_file(ensemble.state_dict(), path)


def probabilities(ensemble, pixels):
    """NumPy's probabilities of NumPy's pixels, any number of rows."""
    with torch.no_grad():
        return torch.cat([ensemble(torch.tensor(pixels[i : i + 500])) for i in range(0, len(pixels), 500)]).numpy()
