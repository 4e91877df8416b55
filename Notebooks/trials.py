#!/usr/bin/env python3
"""Trials with far more arithmetic than a recipe may cost, for recipes.md: PyTorch on a GPU, in minutes.

    Notebooks/trials.py DATA [--only NAME,NAME] [--folds 1,2] [--average NAME+NAME,…] [--limit ROWS] [--epochs COUNT]

They ask what holds the recipes back: arithmetic, the kind of network, or rows to learn from. Each trial trains three
networks (seeds 1 to 3, which see the digits as they are, upright, and upright and equally wide) on each of folds 1 and 2, or
those asked for, as the kit deals them, with the kit's augmentation and plain last epochs, and reads the folds' rows. The table has
recipes.py's columns, but for options and seconds, against the first trial; a second one has averages over the networks of one
trial or several. The numbers are PyTorch's, in half precision, and no two runs are alike.

It needs PyTorch 2.11 or so (not in requirements.txt) and, to end in minutes, a large GPU: the networks of a trial train side by
side, each step a CUDA graph. Without a GPU it runs too, for a try with --limit and --epochs. Nothing of it is part of the kit.
"""
import argparse
import csv
import io
import math
import statistics
import sys
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/Peers"))
from networks import torch_network  # noqa: E402  (the kit's notation in PyTorch)
from recipes import COMPACT, Effect, probability  # noqa: E402
from recipes import run as run_kit  # noqa: E402
from trials_images import DEVICE, HALF, IS_GPU, SIDE, augmented, preparation, sample  # noqa: E402

CLASSES, BATCH = 10, 128
SPARE = 8  # steps
SEEDS = [1, 2, 3]
PREPARATIONS = ["none", "deskew", "spread"]  # the seeds take turns
LOSS_SCALE = 1024.0 if IS_GPU else 1.0  # keeps small gradients above half precision's least number

DEOTTE = "32C3-B-32C3-B-32C5S2p-B-D40-64C3-B-64C3-B-64C5S2p-B-D40-128C4-B-D40"
WIDE = "96C3-P2-B-192C3-B-192C3-B-D20-256C3-B-256C3-B-D20-A5"
MIDDLE = "64C3-P2-B-128C3-B-128C3-B-D20-192C3-B-192C3-B-D20-A5"
TEACHERS = ("compact", "deotte 45 epochs", "wide 45 epochs", "an5", "an7")
TWO_TEACHERS = ("deotte 30 epochs", "wide 20 epochs")


@dataclass(frozen=True)
class Trial:
    """How a trial's networks are made and trained."""

    network: str
    epochs: int
    rate: float = 0.003
    decay: float = 0.0
    plain: int = 1
    shift: float = 0.05
    rotate: float = 10
    zoom: float = 0.1
    shear: float = 0
    elastic: float = 0.7
    mixup: float = 0.0
    views: int = 0  # random views that a prediction averages; 0 takes the image as it is
    rows: int = 0  # training rows taken; 0 takes all
    teachers: tuple[str, ...] = ()  # trials whose average labels the test images, which then train too


AN = {"rate": 0.002, "shift": 0.1, "rotate": 15, "plain": 2}
TRIALS = {
    "compact": Trial(COMPACT, 16),
    "mixup": Trial(COMPACT, 32, mixup=0.2),
    "32 random views": Trial(COMPACT, 16, plain=0, views=32),
    "deotte 45 epochs": Trial(DEOTTE, 45),
    "an5": Trial("an5", 30, **AN),
    "wide 45 epochs": Trial(WIDE, 45, decay=0.1, plain=2),
    "an7": Trial("an7", 30, **AN),
    "compact with pseudo-labels": Trial(COMPACT, 16, teachers=TEACHERS),
    "64 epochs stronger augmentation": Trial(
        COMPACT, 64, shift=0.1, rotate=15, zoom=0.15, shear=10, elastic=1, plain=3),
    "residual": Trial("residual", 20, rate=0.002, decay=0.05, plain=2),
    "wide with pseudo-labels": Trial(WIDE, 24, decay=0.1, plain=2, teachers=(*TEACHERS, "residual")),
    "half of the rows": Trial(COMPACT, 32, rows=16_800),
    "a quarter of the rows": Trial(COMPACT, 64, rows=8_400),
    # Alike but for the network, as members of one run of the kit are.
    "compact 30 epochs": Trial(COMPACT, 30),
    "deotte 30 epochs": Trial(DEOTTE, 30),
    "middle 30 epochs": Trial(MIDDLE, 30),
    "wide 20 epochs": Trial(WIDE, 20),
    "wide 30 epochs": Trial(WIDE, 30),
    "deotte with pseudo-labels": Trial(DEOTTE, 24, teachers=TWO_TEACHERS),
    "wide with those pseudo-labels": Trial(WIDE, 16, teachers=TWO_TEACHERS),
}


class Data:
    """Kaggle's rows on the device, and the kit's folds."""

    def __init__(self, path: Path, kit: Path, folds: list[int], limit: int):
        train, test = (self.table(path, name) for name in ("train.csv", "test.csv"))
        self.count = len(train)
        self.images = torch.from_numpy(np.concatenate([train[:, 1:], test])).to(DEVICE)
        self.labels = torch.from_numpy(train[:, 0].astype(np.int64)).to(DEVICE)
        self.unlabelled = torch.arange(self.count, len(self.images), device=DEVICE)[: limit or None]
        self.held = {fold: torch.from_numpy(self.fold(path, kit, fold)).to(DEVICE) for fold in folds}
        self.limit = limit

    @staticmethod
    def table(path: Path, name: str) -> np.ndarray:
        text = zipfile.ZipFile(path).read(name) if path.is_file() else (path / name).read_bytes()
        return np.loadtxt(io.BytesIO(text), delimiter=",", skiprows=1, dtype=np.uint8)

    @staticmethod
    def fold(path: Path, kit: Path, fold: int) -> np.ndarray:
        """A fold's rows, from the out-of-fold predictions of the smallest network there is."""
        with tempfile.TemporaryDirectory() as folder:
            options = "--network 1C9S9 --epochs 1 --no-augment --plain-epochs 0 --prepare none --quiet"
            run_kit(
                kit, "cross-validate", "--data", path, "--output", f"{folder}/run", "--only-folds", fold, *options.split())
            with open(f"{folder}/run/out-of-fold.csv") as file:
                return np.array([int(row["row"]) for row in csv.DictReader(file)])

    def training(self, fold: int, rows: int, seed: int) -> torch.Tensor:
        """The rows that a network is trained on: all but the fold's, or some of them at random."""
        is_held = torch.zeros(self.count, dtype=torch.bool, device=DEVICE)
        is_held[self.held[fold]] = True
        others = torch.nonzero(~is_held)[:, 0]
        count = min(rows or len(others), self.limit or len(others))
        if count == len(others):
            return others
        return others[torch.from_numpy(np.random.RandomState(seed).permutation(len(others))[:count]).to(DEVICE)]


class Residual(nn.Module):
    """Two 3×3 convolutions behind normalisation and ReLU, added to their input (He et al., 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.first, self.second = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
        self.one = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.two = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.skip = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if inputs != outputs else None

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        active = functional.relu(self.first(maps))
        kept = maps if self.skip is None else self.skip(active)
        return kept + self.two(functional.relu(self.second(self.one(active))))


def network(name: str) -> nn.Module:
    """A network of the notation; `residual`; or one without pooling of An, Lee, Park, Yang and So (2020)."""
    if name == "residual":
        blocks = [Residual(*block) for block in [
            (64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1)]]
        result = nn.Sequential(
            nn.Conv2d(1, 64, 3, 1, 1, bias=False), *blocks, nn.BatchNorm2d(256), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
            nn.Flatten(), nn.Linear(256, CLASSES))
    elif name in ("an5", "an7"):
        kernel, step, depth = (5, 32, 5) if name == "an5" else (7, 48, 4)
        layers, channels, side = [], 1, SIDE
        for index in range(depth):
            filters = step * (index + 1)
            layers += [nn.Conv2d(channels, filters, kernel, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
            channels, side = filters, side - kernel + 1
        result = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(channels * side * side, CLASSES, bias=False), nn.BatchNorm1d(CLASSES))
    else:
        result = torch_network(name)
    return result.to(DEVICE).to(memory_format=torch.channels_last)


class Member:
    """A network in training on all rows but a fold's."""

    def __init__(self, trial: Trial, data: Data, fold: int, seed: int, teaching: torch.Tensor | None):
        torch.manual_seed(1000 * seed + fold)
        self.trial, self.data, self.fold, self.seed = trial, data, fold, seed
        self.how = PREPARATIONS[(seed - 1) % len(PREPARATIONS)]
        self.random = torch.Generator(device=DEVICE)
        self.random.manual_seed(1000 * seed + fold + 7)
        rows = data.training(fold, trial.rows, seed)
        self.targets = functional.one_hot(data.labels[rows], CLASSES).float()
        if teaching is not None:
            rows, self.targets = torch.cat([rows, data.unlabelled]), torch.cat([self.targets, teaching])
        self.images = data.images[rows]
        self.prepared = preparation(self.images, self.how)
        self.steps = len(rows) // BATCH
        self.network = network(trial.network)
        self.parameters = list(self.network.parameters())
        self.rates = self.schedule()
        self.shares = self.mixing()
        # Everything that changes from step to step lies on the device, since a graph repeats the same launches.
        self.rate = torch.tensor(0.0, device=DEVICE)
        self.optimizer = self.adam()
        self.step = torch.zeros(1, dtype=torch.long, device=DEVICE)
        self.place = torch.arange(BATCH, device=DEVICE)
        self.inputs = torch.empty(len(rows), SIDE, SIDE, dtype=HALF, device=DEVICE)
        self.order = torch.empty(len(rows), dtype=torch.long, device=DEVICE)
        self.begin(epoch=0)
        self.graph = self.captured() if IS_GPU else None

    def schedule(self) -> torch.Tensor:
        """One-cycle: up by half a cosine over 30 % of the steps, then down by another."""
        total = self.steps * self.trial.epochs
        # A few more than that: in a try, the steps before a graph's capture may run past the end.
        t = (torch.arange(total + SPARE, dtype=torch.double) / total).clamp(max=1)
        up = 0.04 + 0.96 * (1 - torch.cos(math.pi * t / 0.3)) / 2
        down = (1 + torch.cos(math.pi * (t - 0.3) / 0.7)) / 2
        return (torch.where(t < 0.3, up, down) * self.trial.rate).float().to(DEVICE)

    def mixing(self) -> torch.Tensor | None:
        """Mixup's share of each step's own images (Zhang et al., 2018); the plain epochs mix nothing."""
        if not self.trial.mixup:
            return None
        shares = np.random.RandomState(self.seed).beta(self.trial.mixup, self.trial.mixup, len(self.rates))
        shares[-SPARE - self.steps * self.trial.plain :] = 1
        return torch.from_numpy(np.maximum(shares, 1 - shares)).float().to(DEVICE)

    def adam(self) -> torch.optim.Optimizer:
        kind = torch.optim.AdamW if self.trial.decay else torch.optim.Adam
        groups = [
            {"params": [p for p in self.parameters if p.ndim > 1], "weight_decay": self.trial.decay},
            {"params": [p for p in self.parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return kind(groups, lr=self.rate, eps=1e-7, fused=True, capturable=IS_GPU)

    def begin(self, epoch: int) -> None:
        """Draws an epoch's images and their order."""
        if epoch >= self.trial.epochs - self.trial.plain:
            self.inputs.copy_(sample(self.images, self.prepared))
        else:
            self.inputs.copy_(augmented(self.images, self.prepared, self.trial, self.random))
        self.order.copy_(torch.randperm(len(self.order), device=DEVICE, generator=self.random))

    def train(self) -> None:
        """A step."""
        self.rate.copy_(self.rates.index_select(0, self.step)[0])
        rows = self.order[(self.step % self.steps) * BATCH + self.place]
        inputs, targets = self.inputs[rows][:, None], self.targets[rows]
        if self.shares is not None:
            share = self.shares.index_select(0, self.step)
            inputs = (share * inputs + (1 - share) * inputs.roll(1, 0)).to(HALF)
            targets = share * targets + (1 - share) * targets.roll(1, 0)
        loss = functional.cross_entropy(self.logits(inputs), targets)
        for parameter in self.parameters:
            parameter.grad = None
        (loss * LOSS_SCALE).backward()
        torch._foreach_mul_([parameter.grad for parameter in self.parameters], 1 / LOSS_SCALE)
        self.optimizer.step()
        self.step += 1

    def logits(self, inputs: torch.Tensor) -> torch.Tensor:
        with torch.autocast(DEVICE.type, dtype=HALF, enabled=IS_GPU, cache_enabled=False):
            return self.network(inputs.contiguous(memory_format=torch.channels_last)).float()

    def captured(self) -> torch.cuda.CUDAGraph:
        """A step as a CUDA graph; the network and the optimizer are as before."""
        before = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.stream = torch.cuda.Stream()
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            for _ in range(3):
                self.train()
        self.stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self.stream):
            self.train()
        torch.cuda.synchronize()
        self.network.load_state_dict(before)
        for state in self.optimizer.state.values():
            for value in state.values():
                value.zero_()
        self.step.zero_()
        return graph

    @torch.no_grad()
    def probabilities(self, rows: torch.Tensor) -> torch.Tensor:
        """What the trained network says of rows."""
        self.network.eval()
        images = self.data.images[rows]
        prepared = preparation(images, self.how)
        total = torch.zeros(len(rows), CLASSES, device=DEVICE)
        for _ in range(max(1, self.trial.views)):
            view = augmented(images, prepared, self.trial, self.random) if self.trial.views else sample(images, prepared)
            total += torch.cat([functional.softmax(self.logits(part[:, None]), 1) for part in view.split(2048)])
        return total / max(1, self.trial.views)


def trained(members: list[Member]) -> None:
    """Trains networks side by side."""
    for epoch in range(members[0].trial.epochs):
        for member in members:
            member.begin(epoch)
        if IS_GPU:
            torch.cuda.synchronize()
        for _ in range(members[0].steps):
            for member in members:
                if IS_GPU:
                    with torch.cuda.stream(member.stream):
                        member.graph.replay()
                else:
                    member.train()
        if IS_GPU:
            torch.cuda.synchronize()


@dataclass
class Answer:
    """What a trial's networks say, by fold and seed: of the fold's rows, and of the test images."""

    held: dict[tuple[int, int], torch.Tensor]
    unlabelled: dict[tuple[int, int], torch.Tensor]


def right_and_loss(answers: list[Answer], data: Data, fold: int, seeds: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Whether each row of a fold is read right, and its log loss, by the average of some trials' networks."""
    chosen = [answer.held[fold, seed] for answer in answers for seed in seeds]
    probabilities, labels = torch.stack(chosen).mean(0), data.labels[data.held[fold]]
    loss = -probabilities.gather(1, labels[:, None])[:, 0].clamp(min=1e-7).log()
    return probabilities.argmax(1) == labels, loss


def together(answers: list[Answer], data: Data) -> tuple[torch.Tensor, torch.Tensor]:
    """The same of all folds and seeds."""
    right, loss = zip(*(right_and_loss(answers, data, fold, SEEDS) for fold in data.held))
    return torch.cat(right), torch.cat(loss)


def run(trial: Trial, data: Data, answers: dict[str, Answer]) -> Answer:
    members = []
    for seed in SEEDS:
        for fold in data.held:
            teachers = [p for name in trial.teachers for (f, _), p in answers[name].unlabelled.items() if f == fold]
            members.append(Member(trial, data, fold, seed, torch.stack(teachers).mean(0) if teachers else None))
    trained(members)
    return Answer(
        {(m.fold, m.seed): m.probabilities(data.held[m.fold]) for m in members},
        {(m.fold, m.seed): m.probabilities(data.unlabelled) for m in members})


def mcnemar(right: torch.Tensor, other: torch.Tensor) -> float:
    """The exact two-sided p-value of two readers of the same rows."""
    less, more = int((right & ~other).sum()), int((~right & other).sum())
    tail = sum(math.comb(less + more, k) for k in range(min(less, more) + 1)) / 2 ** (less + more)
    return min(1.0, 2 * tail)


def line(name: str, answer: Answer, base: Answer, data: Data) -> str:
    """A trial's row of the table."""

    def alone(answer: Answer) -> tuple[list[float], list[float]]:
        each = [right_and_loss([answer], data, fold, [seed]) for fold in data.held for seed in SEEDS]
        return [r.float().mean().item() for r, _ in each], [loss.mean().item() for _, loss in each]

    (accuracies, losses), (right, loss) = alone(answer), together([answer], data)
    cells = [name, f"{statistics.fmean(accuracies):.4f} ± {statistics.stdev(accuracies):.4f}"]
    versus = ["", "", ""]
    if answer is not base:
        effects = [str(Effect(mine, others)) for mine, others in zip((accuracies, losses), alone(base))]
        versus = [*effects, probability(mcnemar(right, together([base], data)[0]))]
    cells += [versus[0], f"{statistics.fmean(losses):.4f}", versus[1]]
    cells += [str(int((~right).sum())), f"{loss.mean().item():.4f}", versus[2]]
    return "| " + " | ".join(cells) + " |"


def average_line(names: list[str], answers: dict[str, Answer], data: Data) -> str:
    """A row of the table of averages; p is McNemar's against the base's three."""
    right, loss = together([answers[name] for name in names], data)
    wrong = [int((~part).sum()) for part in right.split([len(rows) for rows in data.held.values()])]
    base = together([answers["compact"]], data)[0]
    cells = [", ".join(names), len(SEEDS) * len(names), " ".join(map(str, wrong)), sum(wrong)]
    cells += [f"{right.float().mean().item():.4f}", f"{loss.mean().item():.4f}"]
    cells += ["" if names == ["compact"] else probability(mcnemar(right, base))]
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Kaggle's digit-recognizer.zip, or a folder with its tables")
    parser.add_argument("--kit", type=Path, default=ROOT / ".build/release", help="the folder of kaggle-digits")
    parser.add_argument("--only", default="", help="names of trials, by commas; else those to be averaged, else all")
    parser.add_argument("--folds", default="1,2", help="some of the kit's five, by commas")
    parser.add_argument("--average", default="", help="trials whose networks are averaged, as NAME+NAME, by commas")
    parser.add_argument("--limit", type=int, default=0, help="train on so many rows: for a try, not a result")
    parser.add_argument("--epochs", type=int, default=0, help="train so long: for a try, not a result")
    arguments = parser.parse_args()
    averages = [mix.split("+") for mix in arguments.average.split(",") if mix]
    names = [*filter(None, arguments.only.split(",")), *(name for mix in averages for name in mix)] or list(TRIALS)
    if unknown := [name for name in names if name not in TRIALS]:
        parser.error(f"no trial is named '{unknown[0]}'; they are: {', '.join(TRIALS)}")
    folds = arguments.folds.split(",")
    if not set(folds) <= set("12345"):
        parser.error(f"--folds {arguments.folds}: the folds are 1 to 5")
    if 0 < arguments.limit < BATCH:
        parser.error(f"--limit {arguments.limit} leaves no batch of {BATCH}")
    # The base comes first, and teachers before those that they teach.
    wanted = {"compact", *names, *(teacher for name in names for teacher in TRIALS[name].teachers)}
    data = Data(arguments.data, arguments.kit, [int(fold) for fold in folds], arguments.limit)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    print("| trial | one network | against the base | log loss | against the base | three: wrong | log loss | p |")
    print("|" + " --- |" * 8)
    answers: dict[str, Answer] = {}
    for name in sorted(wanted, key=list(TRIALS).index):
        trial = replace(TRIALS[name], epochs=arguments.epochs) if arguments.epochs else TRIALS[name]
        answers[name] = run(trial, data, answers)
        print(line(name, answers[name], answers["compact"], data), flush=True)
    if averages:
        print("\n| average of | networks | wrong, by fold | all | accuracy | log loss | p |")
        print("|" + " --- |" * 7)
        for mix in averages:
            print(average_line(mix, answers, data))


if __name__ == "__main__":
    main()
