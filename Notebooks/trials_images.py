"""The kit's preprocessing and augmentation in PyTorch, for trials.py."""

import math

import torch
from torch.nn import functional

SIDE = 28
IS_GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if IS_GPU else "cpu")
HALF = torch.float16 if IS_GPU else torch.float32


def preprocessing(images: torch.Tensor, how: str) -> torch.Tensor:
    """The kit's affine maps `[image][2][3]` from (column, row) of the preprocessed image to (column, row) of the original.

    `how` is `none`, `deskew` or `spread`."""
    ink = images.double().view(-1, SIDE, SIDE)
    place = torch.arange(SIDE, device=DEVICE, dtype=torch.double)
    mass = ink.sum((1, 2)).clamp(min=1)
    column, row = (ink.sum(1) * place).sum(1) / mass, (ink.sum(2) * place).sum(1) / mass
    columns = (ink.sum(1) * place * place).sum(1) / mass - column * column
    rows = (ink.sum(2) * place * place).sum(1) / mass - row * row
    both = (ink * place[None, None, :] * place[None, :, None]).sum((1, 2)) / mass - column * row
    slant = (both / rows.clamp(min=1e-9)).clamp(-1, 1)
    across, left = torch.ones_like(slant), -slant * row
    if how == "spread":
        variance = (columns - 2 * slant * both + slant * slant * rows).clamp(min=0.3)
        across = (variance.sqrt() / 4.3).clamp(0.5, 1.5)
        left = left + column - across * (SIDE - 1) / 2
    maps = torch.zeros(len(ink), 2, 3, dtype=torch.double, device=DEVICE)
    maps[:, 1, 1] = 1
    if how == "none":
        maps[:, 0, 0] = 1
    else:
        maps[:, 0, 0], maps[:, 0, 1], maps[:, 0, 2] = across, slant, left
    return maps.float()


def spline() -> torch.Tensor:
    """Weights `[point][column]` of the cubic B-spline of the kit's elastic distortion; its points are seven pixels apart."""
    weights = torch.zeros(7, SIDE)
    for column in range(SIDE):
        t = column % 7 / 7
        s = 1 - t
        basis = [s**3 / 6, (3 * t**3 - 6 * t * t + 4) / 6, (3 * s**3 - 6 * s * s + 4) / 6, t**3 / 6]
        for offset, weight in enumerate(basis):
            weights[column // 7 + offset, column] = weight
    return weights.to(DEVICE)


SPLINE = spline()
PIXELS = torch.stack(torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="xy"), -1).to(DEVICE)


def sample(images: torch.Tensor, maps: torch.Tensor, bend: torch.Tensor | None = None) -> torch.Tensor:
    """Images from 0 to 1, resampled bilinearly through affine maps and displacements; 0 outside the original.

    `images` has bytes `[image][784]`, `maps` is `[image][2][3]`, `bend` is `[image][row][column][2]` in pixels."""
    out = torch.empty(len(images), SIDE, SIDE, dtype=HALF, device=DEVICE)
    for start in range(0, len(images), 8192):
        part = slice(start, start + 8192)
        points = torch.einsum("nij,yxj->nyxi", maps[part, :, :2], PIXELS) + maps[part, None, None, :, 2]
        if bend is not None:
            points = points + bend[part]
        source = images[part].view(-1, 1, SIDE, SIDE).float() / 255
        out[part] = functional.grid_sample(
            source, points * (2 / (SIDE - 1)) - 1, mode="bilinear", padding_mode="zeros", align_corners=True)[:, 0].to(HALF)
    return out


def augmented(images: torch.Tensor, preprocessed: torch.Tensor, trial, random: torch.Generator) -> torch.Tensor:
    """Images augmented as in the kit, within the trial's bounds. `preprocessed` has the maps of `preprocessing`."""
    count = len(images)

    def draw(bound: float) -> torch.Tensor:
        return (torch.rand(count, device=DEVICE, generator=random) * 2 - 1) * bound

    shift = torch.stack([draw(trial.shift * SIDE), draw(trial.shift * SIDE)], -1)
    angle, zoom = draw(math.radians(trial.rotate)), 1 + torch.stack([draw(trial.zoom), draw(trial.zoom)], -1)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rotation = torch.stack([torch.stack([cosine, -sine], -1), torch.stack([sine, cosine], -1)], -2)
    shear = torch.eye(2, device=DEVICE).repeat(count, 1, 1)
    shear[:, 0, 1] = torch.tan(draw(math.radians(trial.shear)))
    view = rotation @ shear @ torch.diag_embed(zoom)
    centre = torch.full((2,), (SIDE - 1) / 2, device=DEVICE)
    offset = preprocessed[:, :, :2] @ (centre + shift - view @ centre)[:, :, None] + preprocessed[:, :, 2:]
    bend = None
    if trial.elastic > 0:
        size = trial.elastic * 3**0.5 / (151 / 315)
        points = (torch.rand(count, 2, 7, 7, device=DEVICE, generator=random) * 2 - 1) * size
        bend = torch.einsum("nkab,ay,bx->nyxk", points, SPLINE, SPLINE)
    return sample(images, torch.cat([preprocessed[:, :, :2] @ view, offset], -1), bend)
