#!/usr/bin/env python3
"""Trials with far more compute than a recipe may cost, for recipes.md: PyTorch on a GPU, in minutes.

    Notebooks/trials.py DATA [--only NAME,NAME] [--folds 1,2] [--average NAME+NAME,…] [--limit ROWS] [--epochs COUNT]

They ask what limits the recipes: compute, the architecture, or the number of training rows. Each trial trains three members
(seeds 1 to 3, with preprocessing none, deskew and spread) for each of folds 1 and 2, or those of --folds, and scores them on
the fold's rows. Folds, augmentation and plain last epochs are the kit's. The first table has the columns of recipes.py's
results, without seconds, and compares with the first trial. The second table has averages over the members of one or more
trials. The numbers come from PyTorch in half precision; no two runs give the same.

It needs PyTorch 2.11 or so (not in requirements.txt) and, to finish in minutes, a large GPU: the members of a trial train side
by side, each step a CUDA graph. It also runs without a GPU, for testing with --limit and --epochs. It is not part of the kit.
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
from networks import torch_network  # noqa: E402  (the kit's architecture notation in PyTorch)
from recipes import COMPACT, Effect, probability  # noqa: E402
from recipes import run as run_kit  # noqa: E402
from trials_images import DEVICE, HALF, IS_GPU, SIDE, augmented, preprocessing, sample  # noqa: E402

CLASSES, BATCH = 10, 128
SPARE = 8  # steps beyond the schedule's end
SEEDS = [1, 2, 3]
PREPROCESSINGS = ["none", "deskew", "spread"]  # the seeds cycle through them
LOSS_SCALE = 1024.0 if IS_GPU else 1.0  # keeps small gradients above half precision's smallest number

DEOTTE = "32C3-B-32C3-B-32C5S2p-B-D40-64C3-B-64C3-B-64C5S2p-B-D40-128C4-B-D40"
WIDE = "96C3-P2-B-192C3-B-192C3-B-D20-256C3-B-256C3-B-D20-A5"
MIDDLE = "64C3-P2-B-128C3-B-128C3-B-D20-192C3-B-192C3-B-D20-A5"
TEACHERS = ("compact", "deotte 45 epochs", "wide 45 epochs", "an5", "an7")
TWO_TEACHERS = ("deotte 30 epochs", "wide 20 epochs")


@dataclass(frozen=True)
class Trial:
    """How a trial's members are built and trained."""

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
    views: int = 0  # random views averaged in a prediction; 0: the unaugmented image only
    rows: int = 0  # training rows used; 0: all
    teachers: tuple[str, ...] = ()  # trials whose averaged probabilities become the test images' pseudo-labels


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
    # These differ only in architecture, as the members of one run of the kit do.
    "compact 30 epochs": Trial(COMPACT, 30),
    "deotte 30 epochs": Trial(DEOTTE, 30),
    "middle 30 epochs": Trial(MIDDLE, 30),
    "wide 20 epochs": Trial(WIDE, 20),
    "wide 30 epochs": Trial(WIDE, 30),
    "deotte with pseudo-labels": Trial(DEOTTE, 24, teachers=TWO_TEACHERS),
    "wide with those pseudo-labels": Trial(WIDE, 16, teachers=TWO_TEACHERS),
}


class Data:
    """Kaggle's rows on the device, with the kit's folds."""

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
        """The row numbers of a fold, from the kit's out-of-fold predictions with a tiny network."""
        with tempfile.TemporaryDirectory() as folder:
            options = "--network 1C9S9 --epochs 1 --no-augment --plain-epochs 0 --prepare none --quiet"
            run_kit(
                kit, "cross-validate", "--data", path, "--output", f"{folder}/run", "--only-folds", fold, *options.split())
            with open(f"{folder}/run/out-of-fold.csv") as file:
                return np.array([int(row["row"]) for row in csv.DictReader(file)])

    def training(self, fold: int, rows: int, seed: int) -> torch.Tensor:
        """The training rows of a member: all rows outside the fold, or a random subset of `rows` of them."""
        is_held = torch.zeros(self.count, dtype=torch.bool, device=DEVICE)
        is_held[self.held[fold]] = True
        others = torch.nonzero(~is_held)[:, 0]
        count = min(rows or len(others), self.limit or len(others))
        if count == len(others):
            return others
        return others[torch.from_numpy(np.random.RandomState(seed).permutation(len(others))[:count]).to(DEVICE)]


class Residual(nn.Module):
    """A pre-activation residual block: batch normalization, ReLU and a 3×3 convolution, twice (He et al., 2016)."""

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
    """A network from the kit's notation, `residual`, or `an5` or `an7` without pooling (An, Lee, Park, Yang and So, 2020)."""
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
    """A network that is trained on all rows outside a fold."""

    def __init__(self, trial: Trial, data: Data, fold: int, seed: int, teaching: torch.Tensor | None):
        torch.manual_seed(1000 * seed + fold)
        self.trial, self.data, self.fold, self.seed = trial, data, fold, seed
        self.how = PREPROCESSINGS[(seed - 1) % len(PREPROCESSINGS)]
        self.random = torch.Generator(device=DEVICE)
        self.random.manual_seed(1000 * seed + fold + 7)
        rows = data.training(fold, trial.rows, seed)
        self.targets = functional.one_hot(data.labels[rows], CLASSES).float()
        if teaching is not None:
            rows, self.targets = torch.cat([rows, data.unlabelled]), torch.cat([self.targets, teaching])
        self.images = data.images[rows]
        self.preprocessed = preprocessing(self.images, self.how)
        self.steps = len(rows) // BATCH
        self.network = network(trial.network)
        self.parameters = list(self.network.parameters())
        self.rates = self.schedule()
        self.shares = self.mixing()
        # Everything that changes between steps is on the device, since a CUDA graph replays the same launches.
        self.rate = torch.tensor(0.0, device=DEVICE)
        self.optimizer = self.adam()
        self.step = torch.zeros(1, dtype=torch.long, device=DEVICE)
        self.place = torch.arange(BATCH, device=DEVICE)
        self.inputs = torch.empty(len(rows), SIDE, SIDE, dtype=HALF, device=DEVICE)
        self.order = torch.empty(len(rows), dtype=torch.long, device=DEVICE)
        self.begin(epoch=0)
        self.graph = self.captured() if IS_GPU else None

    def schedule(self) -> torch.Tensor:
        """The one-cycle learning rate of each step: half a cosine up over 30 % of the steps, then half a cosine down."""
        total = self.steps * self.trial.epochs
        # A few more than that: with few steps, the warm-up before a graph's capture may run past the end.
        t = (torch.arange(total + SPARE, dtype=torch.double) / total).clamp(max=1)
        up = 0.04 + 0.96 * (1 - torch.cos(math.pi * t / 0.3)) / 2
        down = (1 + torch.cos(math.pi * (t - 0.3) / 0.7)) / 2
        return (torch.where(t < 0.3, up, down) * self.trial.rate).float().to(DEVICE)

    def mixing(self) -> torch.Tensor | None:
        """Mixup's λ of each step, the weight of the images themselves (Zhang et al., 2018); 1 in plain epochs."""
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
        """Augments an epoch's images and shuffles them."""
        if epoch >= self.trial.epochs - self.trial.plain:
            self.inputs.copy_(sample(self.images, self.preprocessed))
        else:
            self.inputs.copy_(augmented(self.images, self.preprocessed, self.trial, self.random))
        self.order.copy_(torch.randperm(len(self.order), device=DEVICE, generator=self.random))

    def train(self) -> None:
        """One training step."""
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
        """One training step as a CUDA graph; network and optimizer are reset after the capture."""
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
        """The trained network's probabilities `[row][class]`, averaged over views."""
        self.network.eval()
        images = self.data.images[rows]
        preprocessed = preprocessing(images, self.how)
        total = torch.zeros(len(rows), CLASSES, device=DEVICE)
        for _ in range(max(1, self.trial.views)):
            if self.trial.views:
                view = augmented(images, preprocessed, self.trial, self.random)
            else:
                view = sample(images, preprocessed)
            total += torch.cat([functional.softmax(self.logits(part[:, None]), 1) for part in view.split(2048)])
        return total / max(1, self.trial.views)


def trained(members: list[Member]) -> None:
    """Trains the members side by side."""
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
    """The probabilities of a trial's members, by fold and seed: for the held-out rows and for the test images."""

    held: dict[tuple[int, int], torch.Tensor]
    unlabelled: dict[tuple[int, int], torch.Tensor]


def correct_and_loss(answers: list[Answer], data: Data, fold: int, seeds: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """For each row of a fold: whether the average of the trials' members classifies it correctly, and its log loss."""
    averaged = [answer.held[fold, seed] for answer in answers for seed in seeds]
    probabilities, labels = torch.stack(averaged).mean(0), data.labels[data.held[fold]]
    loss = -probabilities.gather(1, labels[:, None])[:, 0].clamp(min=1e-7).log()
    return probabilities.argmax(1) == labels, loss


def together(answers: list[Answer], data: Data) -> tuple[torch.Tensor, torch.Tensor]:
    """The same for the rows of all folds, averaged over all seeds."""
    correct, loss = zip(*(correct_and_loss(answers, data, fold, SEEDS) for fold in data.held))
    return torch.cat(correct), torch.cat(loss)


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


def mcnemar(correct: torch.Tensor, other: torch.Tensor) -> float:
    """McNemar's exact two-sided p-value for two classifiers of the same rows."""
    gained, lost = int((correct & ~other).sum()), int((~correct & other).sum())
    tail = sum(math.comb(gained + lost, k) for k in range(min(gained, lost) + 1)) / 2 ** (gained + lost)
    return min(1.0, 2 * tail)


def line(name: str, answer: Answer, base: Answer, data: Data) -> str:
    """A trial's row in the first table."""

    def single_members(answer: Answer) -> tuple[list[float], list[float]]:
        each = [correct_and_loss([answer], data, fold, [seed]) for fold in data.held for seed in SEEDS]
        return [c.float().mean().item() for c, _ in each], [loss.mean().item() for _, loss in each]

    (accuracies, losses), (correct, loss) = single_members(answer), together([answer], data)
    cells = [name, f"{statistics.fmean(accuracies):.4f} ± {statistics.stdev(accuracies):.4f}"]
    versus = ["", "", ""]
    if answer is not base:
        effects = [str(Effect(mine, others)) for mine, others in zip((accuracies, losses), single_members(base))]
        versus = [*effects, probability(mcnemar(correct, together([base], data)[0]))]
    cells += [versus[0], f"{statistics.fmean(losses):.4f}", versus[1]]
    cells += [str(int((~correct).sum())), f"{loss.mean().item():.4f}", versus[2]]
    return "| " + " | ".join(cells) + " |"


def average_line(names: list[str], answers: dict[str, Answer], data: Data) -> str:
    """A row of the table of averages; p is McNemar's, against the base's average."""
    correct, loss = together([answers[name] for name in names], data)
    wrong = [int((~part).sum()) for part in correct.split([len(rows) for rows in data.held.values()])]
    base = together([answers["compact"]], data)[0]
    cells = [", ".join(names), len(SEEDS) * len(names), " ".join(map(str, wrong)), sum(wrong)]
    cells += [f"{correct.float().mean().item():.4f}", f"{loss.mean().item():.4f}"]
    cells += ["" if names == ["compact"] else probability(mcnemar(correct, base))]
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Kaggle's digit-recognizer.zip, or a folder with its CSV files")
    parser.add_argument("--kit", type=Path, default=ROOT / ".build/release", help="the folder with kaggle-digits (%(default)s)")
    parser.add_argument("--only", default="", help="names of trials, separated by commas (those of --average, else all)")
    parser.add_argument("--folds", default="1,2", help="folds of the kit's five, separated by commas (%(default)s)")
    parser.add_argument("--average", default="", help="trials to average, as NAME+NAME, separated by commas")
    parser.add_argument("--limit", type=int, default=0, help="train on this many rows: for testing, not for results")
    parser.add_argument("--epochs", type=int, default=0, help="train for this many epochs: for testing, not for results")
    arguments = parser.parse_args()
    averages = [mix.split("+") for mix in arguments.average.split(",") if mix]
    names = [*filter(None, arguments.only.split(",")), *(name for mix in averages for name in mix)] or list(TRIALS)
    if unknown := [name for name in names if name not in TRIALS]:
        parser.error(f"there is no trial '{unknown[0]}'; the trials are: {', '.join(TRIALS)}")
    folds = arguments.folds.split(",")
    if not set(folds) <= set("12345"):
        parser.error(f"--folds {arguments.folds}: folds must be between 1 and 5")
    if 0 < arguments.limit < BATCH:
        parser.error(f"--limit {arguments.limit}: must be at least the batch size of {BATCH}")
    # The base comes first, and teachers before their students.
    wanted = {"compact", *names, *(teacher for name in names for teacher in TRIALS[name].teachers)}
    data = Data(arguments.data, arguments.kit, [int(fold) for fold in folds], arguments.limit)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    print(
        "| trial | accuracy, one member | vs. base | log loss, one member | vs. base "
        "| errors, average of three | log loss, average of three | p |"
    )
    print("|" + " --- |" * 8)
    answers: dict[str, Answer] = {}
    for name in sorted(wanted, key=list(TRIALS).index):
        trial = replace(TRIALS[name], epochs=arguments.epochs) if arguments.epochs else TRIALS[name]
        answers[name] = run(trial, data, answers)
        print(line(name, answers[name], answers["compact"], data), flush=True)
    if averages:
        print("\n| average of | members | errors by fold | all | accuracy | log loss | p |")
        print("|" + " --- |" * 7)
        for mix in averages:
            print(average_line(mix, answers, data))


if __name__ == "__main__":
    main()
