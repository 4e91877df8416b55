#!/usr/bin/env python3
"""Simulates how the tasks of a plan scale over many nodes: the table and the figure of scaling.md.

    Notebooks/scaling.py [--figure scaling.svg] [--check]

A node trains one task at a time on one thread. All nodes share a file server, which answers requests in turn. Tasks are
started by a Slurm array, or taken by `work --any`, one on each node. What is MEASURED and what is ASSUMED is below;
scaling.md says how. `--check` tests the simulator against cases with known answers. The figure takes Matplotlib
(requirements.txt), the rest plain Python; all of it takes about half a minute.
"""
import argparse
import heapq
import math
import random
from dataclasses import dataclass, replace
from pathlib import Path

# Measured: a member of the recipe `balanced` with five folds, on one thread of an Intel Xeon (family 6, model 207).
EPOCHS = 16
EPOCH_SECONDS = 11.5
START_SECONDS = 0.4
# What a task asks of the run's file system: calls that a file server has to answer, and bytes.
START_CALLS, EPOCH_CALLS = 115, 71
START_BYTES, EPOCH_BYTES = 12.4e6, 3.94e6
# What `work --any` asks about a task that it doesn't train: when it lists the tasks, one that has not begun and one that is
# done; later, one that another worker trains, and one that was done meanwhile. The last and the second read a checkpoint's
# first bytes.
FRESH_CALLS, DONE_CALLS, TAKEN_CALLS, MEANWHILE_CALLS = 1, 19, 25, 15
CHECKPOINT_BYTES = 6e3
# Slurm with its defaults: how many tasks it starts at once when one ends, and how long that takes; how many its backfill
# starts (299 were seen, 500 are documented), and how often.
CYCLE_TASKS, CYCLE_SECONDS, BACKFILL_TASKS, BACKFILL_SECONDS = 100, 1.3, 500, 30.0
# gather, on four threads: scores, predictions and the page.
GATHER_SECONDS = 52 / 4 / 45

SIZES = [45, 450, 4500]
NODES = [1, 2, 5, 10, 20, 45, 100, 200, 450, 1000]


@dataclass(frozen=True)
class Cluster:
    """Assumed: what the file server answers in a second, how long an answer takes without others, how much nodes differ."""

    calls: float = 5_000
    bytes: float = 1e9
    latency: float = 0.0005
    spread: float = 0.1


class Server:
    """Answers requests in the order in which they arrive."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.free = 0.0
        self.busy = 0.0

    def answer(self, now: float, calls: float, size: float) -> float:
        """When a node has the answers to calls that it makes one after the other."""
        seconds = calls / self.cluster.calls + size / self.cluster.bytes
        self.free = max(self.free, now) + seconds
        self.busy += seconds
        return max(self.free, now + calls * self.cluster.latency)


@dataclass
class Result:
    """When the last task ended, and which share of this time the file server was busy."""

    seconds: float
    busy: float


class Simulation:
    """Events in the order of time: a function, to be called with what follows it."""

    def __init__(self, tasks: int, nodes: int, cluster: Cluster):
        self.tasks, self.nodes = tasks, nodes
        self.server = Server(cluster)
        self.events: list = []
        self.count = 0
        self.now = 0.0
        self.ended = 0
        self.last = 0.0
        # Evenly spread, so that the mean is the same for any number of nodes, and shuffled.
        shares = [1 + cluster.spread * ((2 * node + 1) / nodes - 1) for node in range(nodes)]
        random.Random(1).shuffle(shares)
        self.epoch = [EPOCH_SECONDS * share for share in shares]

    def at(self, time: float, function, *arguments: object) -> None:
        self.count += 1
        heapq.heappush(self.events, (time, self.count, function, arguments))

    def ask(self, calls: float, size: float, function, *arguments: object) -> None:
        self.at(self.server.answer(self.now, calls, size), function, *arguments)

    def run(self) -> Result:
        while self.events and self.ended < self.tasks:
            self.now, _, function, arguments = heapq.heappop(self.events)
            function(*arguments)
        return Result(self.last, min(1, self.server.busy / max(self.last, 1e-9)))

    # A task on a node: it reads its rows, then trains and saves epoch by epoch.

    def begin(self, node: int, done) -> None:
        self.ask(START_CALLS, START_BYTES, self.prepare, node, done)

    def prepare(self, node: int, done) -> None:
        self.at(self.now + START_SECONDS + self.epoch[node], self.save, node, 1, done)

    def save(self, node: int, epochs: int, done) -> None:
        self.ask(EPOCH_CALLS, EPOCH_BYTES, self.saved, node, epochs, done)

    def saved(self, node: int, epochs: int, done) -> None:
        if epochs < EPOCHS:
            self.at(self.now + self.epoch[node], self.save, node, epochs + 1, done)
            return
        self.ended += 1
        self.last = self.now
        done(node)


class Array(Simulation):
    """A Slurm array: a task ends, and the scheduler's next cycle starts others on the free nodes."""

    def __init__(self, tasks: int, nodes: int, cluster: Cluster):
        super().__init__(tasks, nodes, cluster)
        self.pending = tasks
        self.free = list(range(nodes))
        self.next = 0.0
        self.is_planned = True
        self.at(0.0, self.cycle, CYCLE_TASKS)
        self.at(BACKFILL_SECONDS, self.backfill)

    def backfill(self) -> None:
        self.start(BACKFILL_TASKS)
        if self.pending:
            self.at(self.now + BACKFILL_SECONDS, self.backfill)

    def cycle(self, limit: int) -> None:
        self.is_planned = False
        self.next = self.now + CYCLE_SECONDS
        self.start(limit)

    def start(self, limit: int) -> None:
        for _ in range(min(limit, self.pending, len(self.free))):
            self.pending -= 1
            self.begin(self.free.pop(), self.end)

    def end(self, node: int) -> None:
        self.free.append(node)
        if self.pending and not self.is_planned:
            self.is_planned = True
            self.at(max(self.now, self.next), self.cycle, CYCLE_TASKS)


class Any(Simulation):
    """`work --any` on each node: it lists what is not done, then takes what is free, from a place of its own."""

    # A worker makes about so many calls before others have their turn, as many as an epoch's end makes.
    TURN = EPOCH_CALLS

    def __init__(self, tasks: int, nodes: int, cluster: Cluster):
        super().__init__(tasks, nodes, cluster)
        # 0: free; 1: taken; 2: done.
        self.state = bytearray(tasks)
        draw = random.Random(2)
        self.first = [draw.randrange(tasks) for _ in range(nodes)]
        self.place = [0] * nodes
        self.work: list = [None] * nodes
        for node in range(nodes):
            # The workers are a Slurm array themselves.
            late = 0 if node < CYCLE_TASKS else 1 + (node - CYCLE_TASKS) // BACKFILL_TASKS
            self.at(late * BACKFILL_SECONDS, self.list, node, 0)

    def list(self, node: int, place: int) -> None:
        calls = size = 0.0
        while place < self.tasks and calls < self.TURN:
            is_done = self.state[(self.first[node] + place) % self.tasks] == 2
            calls += DONE_CALLS if is_done else FRESH_CALLS
            size += CHECKPOINT_BYTES if is_done else 0
            place += 1
        if calls:
            self.ask(calls, size, self.list, node, place)
        else:
            self.look(node)

    def look(self, node: int) -> None:
        calls = size = 0.0
        while self.place[node] < self.tasks and calls < self.TURN:
            task = (self.first[node] + self.place[node]) % self.tasks
            self.place[node] += 1
            if self.state[task] == 0:
                # The lock decides: it is the worker's from here.
                self.state[task] = 1
                self.work[node] = task
                self.ask(calls, size, self.begin, node, self.end)
                return
            calls += TAKEN_CALLS if self.state[task] == 1 else MEANWHILE_CALLS
            size += CHECKPOINT_BYTES if self.state[task] == 2 else 0
        if calls:
            self.ask(calls, size, self.look, node)

    def end(self, node: int) -> None:
        self.state[self.work[node]] = 2
        self.look(node)


def hours(seconds: float) -> str:
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def ideal(tasks: int, nodes: int) -> float:
    return tasks * (START_SECONDS + EPOCHS * EPOCH_SECONDS) / nodes


def check() -> None:
    """Cases whose answers are known."""
    perfect = Cluster(calls=1e12, bytes=1e18, latency=0, spread=0)
    task = START_SECONDS + EPOCHS * EPOCH_SECONDS
    for kind in (Array, Any):
        for tasks, nodes in [(45, 1), (45, 7), (45, 45), (45, 100), (450, 90)]:
            found = kind(tasks, nodes, perfect).run().seconds
            expected = math.ceil(tasks / nodes) * task
            # Slurm takes a cycle between two tasks on a node.
            assert expected - 1e-6 <= found <= expected + 1.4 * math.ceil(tasks / nodes), (kind, tasks, nodes, found, expected)
    # A server that is always busy decides alone.
    slow = Cluster(calls=10, bytes=1e18, latency=0, spread=0)
    asked = 450 * (START_CALLS + EPOCHS * EPOCH_CALLS) / 10
    found = Array(450, 450, slow).run()
    assert 0.95 * asked <= found.seconds <= 1.05 * asked + task, (found, asked)
    # More than a cycle's tasks wait for the backfill.
    assert Array(400, 400, perfect).run().seconds >= BACKFILL_SECONDS + task - 1e-6
    print("the simulator gives the known answers")


def draw(curves: dict, bands: dict, path: Path) -> None:
    """Draws time against nodes: the ideal line, the array with the range of servers, and --any."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "scaling"})
    figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
    for tasks, colour in zip(SIZES, ["#1b7837", "#2166ac", "#b2182b"]):
        axes.plot(NODES, [ideal(tasks, nodes) for nodes in NODES], "--", color=colour, linewidth=0.8)
        low, high = zip(*(bands[tasks, nodes] for nodes in NODES))
        axes.fill_between(NODES, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(NODES, [curves["array", tasks, nodes] for nodes in NODES], "o-", color=colour, markersize=3, linewidth=1.5)
        axes.plot(NODES, [curves["any", tasks, nodes] for nodes in NODES], "s:", color=colour, markersize=3, linewidth=1.2)
        axes.annotate(
            f"{tasks:,} tasks", (1, curves["array", tasks, 1]), xytext=(8, 4), textcoords="offset points", color=colour
        )
    for style, width, label in [
        ("o-", 1.5, "Slurm array; shaded: a file server of 500 to 50,000 calls a second"),
        ("s:", 1.2, "work --any on each node"),
        ("--", 0.8, "ideal: as many times faster as there are nodes"),
    ]:
        axes.plot([], [], style, color="black", markersize=3, linewidth=width, label=label)
    axes.legend(loc="upper right", frameon=False)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    ticks = {60: "1 min", 300: "5 min", 1800: "30 min", 3600: "1 h", 21600: "6 h", 86400: "1 day", 604800: "1 week"}
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(60, 1.5e6)
    axes.minorticks_off()
    axes.set_xlabel("nodes, one task at a time on each")
    axes.set_title("Time until the last task ends, simulated", fontsize=9)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path, help="draw the figure into this file, .svg or .png")
    parser.add_argument("--check", action="store_true", help="test the simulator")
    arguments = parser.parse_args()
    if arguments.check:
        check()
        return
    usual = Cluster()
    curves, bands = {}, {}
    print("| tasks | nodes | ideal | array | server busy | server of 500 | server of 50,000 | `--any` | server busy |")
    print("|" + " --- |" * 9)
    for tasks in SIZES:
        for nodes in NODES:
            array, free = Array(tasks, nodes, usual).run(), Any(tasks, nodes, usual).run()
            slow, fast = (Array(tasks, nodes, replace(usual, calls=calls)).run().seconds for calls in (500, 50_000))
            curves["array", tasks, nodes], curves["any", tasks, nodes] = array.seconds, free.seconds
            bands[tasks, nodes] = (fast, slow)
            cells = [
                f"{tasks:,}", f"{nodes:,}", hours(ideal(tasks, nodes)), hours(array.seconds), f"{array.busy:.0%}",
                hours(slow), hours(fast), hours(free.seconds), f"{free.busy:.0%}",
            ]
            print("| " + " | ".join(cells) + " |", flush=True)
    if arguments.figure:
        draw(curves, bands, arguments.figure)


if __name__ == "__main__":
    main()
