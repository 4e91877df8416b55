"""Times the kit side by side with other programs for training and prediction on this machine and prints tables.

    python3 Tests/Peers/peers.py

Creates a virtual environment with the peers first, if there is none yet. README.md in this folder explains what is
measured and how to read the tables.
"""

import argparse
import csv
import datetime
import json
import math
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

from table import KIT, Row, markdown

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TRAINING_PEERS = ["Keras", "PyTorch", "PyTorch compiled", "PyTorch bfloat16", "JAX"]
PREDICTION_PEERS = TRAINING_PEERS + ["ONNX Runtime", "OpenVINO", "LiteRT", "MNN", "ncnn"]
NETWORKS = ["compact", "simple-dropout", "small", "simple", "lenet5", "deotte"]
AVX2_NETWORKS = ["compact", "simple-dropout", "deotte"]
ALONE_NETWORKS = ["simple-dropout"]  # for the sections that compare the kit with itself
BATCHES = {"deotte": 64}  # batch sizes; all others: 128
ROWS = 42_000
WARM_UP_EPOCHS = 2  # not counted, since Keras compiles during them
SAME_WORK = ["--prepare", "none", "--no-augment", "--validation", "0", "--skip-learnt", "0"]  # the peers do none of it
# Without this, PyTorch returns the memory of its activations to the system at every step and takes page faults to get it
# back; it took up to two thirds longer.
KEEP_MEMORY = {"GLIBC_TUNABLES": "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=2147483648"}
# How far a peer's logits may be from PyTorch's, as a share of their range. The largest found was 0.0003, MNN's; with
# bfloat16 it is about 0.02.
AGREEMENT = 0.001
BFLOAT16_AGREEMENT = 0.1


def main():
    options = parsed_options()
    sections = [SECTIONS[name] for name in options.only]
    needs_peers = any(needs_peers for _, _, needs_peers in sections)
    python = virtual_environment(options.environment) if needs_peers else None
    machine = machine_description(options, python)
    print("\n".join(machine) + "\n", flush=True)
    tables = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            programs = Programs(options, python, pathlib.Path(folder))
            for measure, networks, _ in sections:
                rows = []
                tables.append(rows)
                for network in options.networks or networks:
                    measure(programs, network, rows)
    except RunFailed as failure:
        sys.exit(str(failure))
    finally:
        # Print the results so far even after a failure or Ctrl-C.
        print("\n\n".join(markdown(rows) for rows in tables))
        print(f"\nLoad average at the end: {os.getloadavg()[0]:.2f}")
        if options.json:
            report = {"machine": machine, "rows": [row.record() for rows in tables for row in rows]}
            options.json.write_text(json.dumps(report, indent=2) + "\n")


def parsed_options():
    data = os.environ.get("KAGGLE_DIGITS_DATA") or ROOT.parent / "shared/data/digit-recognizer.zip"
    environment = pathlib.Path(tempfile.gettempdir()) / "kaggle-digits-peers"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    path = {"type": pathlib.Path, "metavar": "PATH"}
    count = {"type": int, "metavar": "COUNT"}
    parser.add_argument("--data", default=pathlib.Path(data), help="Kaggle's zip (%(default)s)", **path)
    parser.add_argument("--kit", default=ROOT / ".build/release", help="the folder with the executables (%(default)s)", **path)
    parser.add_argument("--environment", default=environment, help="the virtual environment (%(default)s)", **path)
    parser.add_argument("--networks", nargs="+", help="names or notations (default: each section's own)")
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), default=list(SECTIONS), help="sections to measure (all)")
    parser.add_argument("--peers", nargs="+", choices=PREDICTION_PEERS, default=PREDICTION_PEERS, help="peers to measure (all)")
    parser.add_argument("--rounds", default=2, help="number of rounds; each program runs once per round (%(default)s)", **count)
    parser.add_argument("--epochs", default=5, help="epochs per run; the first two are not counted (%(default)s)", **count)
    parser.add_argument("--limit", default=ROWS, help="rows to train on (%(default)s)", **count)
    parser.add_argument("--threads", default=2, help="threads per run (%(default)s)", **count)
    parser.add_argument("--json", help="write the figures, with every sample, to this file", **path)
    options = parser.parse_args()
    if not (options.kit / "kaggle-digits").exists():
        parser.error(f"there is no kaggle-digits in {options.kit}: build it, or pass its folder with --kit")
    if not options.data.is_file():
        parser.error(f"{options.data} is not a file: pass Kaggle's zip with --data")
    if options.epochs <= WARM_UP_EPOCHS:
        parser.error(f"--epochs {options.epochs}: the first {WARM_UP_EPOCHS} are not counted, so it must be more")
    return options


def virtual_environment(folder):
    """The path of Python in a virtual environment with the packages of requirements.txt; creates it if necessary."""
    python = folder / "bin/python"
    if not python.exists() or package_versions(python) != required_versions():
        note(f"installing the peers into {folder}")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
    return python


def required_versions():
    return dict(line.split("==") for line in (HERE / "requirements.txt").read_text().split())


def package_versions(python):
    """The installed versions of the required packages; empty if one is missing."""
    command = [python, "-B", HERE / "one_run.py", "versions", *required_versions()]
    result = subprocess.run(command, capture_output=True, text=True)
    return json.loads(result.stdout) if result.returncode == 0 else {}


def machine_description(options, python):
    """Lines that describe what the figures depend on: hardware, system, versions, options."""
    first = pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    processor = dict([part.strip() for part in line.split(":", 1)] for line in first.splitlines())
    levels = [level for level in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if level in processor["flags"].split()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kit = Finished([options.kit / "kaggle-digits", "--version"]).output.strip()
    versions = {"Python": platform.python_version()} | (package_versions(python) if python else {})
    return [
        f"- processor: {processor['model name']} (family {processor['cpu family']}, model {processor['model']}), "
        f"{len(os.sched_getaffinity(0))} cores, {' '.join(levels)}; {memory:.0f} GiB of memory",
        f"- system: {platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        f"- kit {kit}; " + ", ".join(f"{name} {version}" for name, version in versions.items()),
        f"- {options.threads} threads each, {options.limit:,} rows, rounds: {options.rounds}, "
        f"epochs: {options.epochs}; {datetime.date.today()}, load average at the start {os.getloadavg()[0]:.2f}",
    ]


class RunFailed(Exception):
    """A program failed, or a peer's network differs from the kit's."""


class Finished:
    """Runs a program and keeps its output, its wall-clock seconds and its peak memory in megabytes."""

    def __init__(self, command, **environment):
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as messages:
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=output, stderr=messages, env=os.environ | environment)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.seconds = time.perf_counter() - start
            self.megabytes = usage.ru_maxrss * 1024 / 1e6
            output.seek(0)
            messages.seek(0)
            self.output = output.read()
            if process.returncode != 0:
                line = " ".join(str(part) for part in command)
                raise RunFailed(f"{line}\nexited with status {process.returncode}:\n{messages.read()[-2000:]}")


class Programs:
    """Runs the kit and the peers, each as a process of its own."""

    def __init__(self, options, python, folder):
        self.options = options
        self.python = python
        self.folder = folder
        self.described = {}
        if python:
            self.one_run("rows", options.data, folder / "rows.npz")

    def chosen(self, peers):
        """Those of the peers that the options allow."""
        return [peer for peer in peers if peer in self.options.peers]

    def kit(self, *arguments, **environment):
        return Finished([self.options.kit / "kaggle-digits", *map(str, arguments)], **environment)

    def kit_training(self, network, epochs, *arguments, **environment):
        options = ["--data", self.options.data, "--network", network, "--batch", batch(network), "--epochs", epochs]
        options += ["--threads", self.options.threads, "--output", self.folder / "run", "--force", "--json"]
        return self.kit("train", *options, *arguments, **environment)

    def kit_epochs(self, network, rows, **environment):
        """The seconds of each epoch after the warm-up."""
        self.kit_training(network, self.options.epochs, *SAME_WORK, "--limit", rows, **environment)
        with (self.folder / "run/member-1/timings.csv").open() as file:
            return [float(row["seconds"]) for row in csv.DictReader(file)][WARM_UP_EPOCHS:]

    def kit_prediction(self, network, **environment):
        """Images per second from the kit's benchmark: the smallest, the median and the largest sample."""
        options = ["--network", network, "--batch", batch(network), "--threads", self.options.threads, "--json"]
        results = json.loads(self.kit("benchmark", *options, **environment).output)["results"]
        rates = [
            result["prediction-images-per-second"] for result in results if result["threads"] == self.options.threads
        ]
        best = max(rates, key=lambda rate: rate["median"])
        return [best["minimum"], best["median"], best["maximum"]]

    def describe(self, network):
        """The network's notation, its number of parameters, both from a short run of the kit, and the reference's folder.

        Raises `RunFailed` if the peers' networks have another number of parameters.
        """
        if network not in self.described:
            run = self.kit_training(network, 1, *SAME_WORK, "--limit", 100)
            notation = json.loads(run.output)["options"]["network"]
            count = parameters(self.folder / "run/member-1/last.safetensors")
            reference = self.folder / f"network-{len(self.described) + 1}"
            reference.mkdir()
            result = self.one_run("reference", notation, "--rows", self.folder / "rows.npz", "--reference", reference)
            if result["parameters"] != count:
                raise RunFailed(f"{network} has {count} parameters, but {result['parameters']} in networks.py")
            self.described[network] = notation, count, reference
        return self.described[network]

    def one_run(self, *arguments, **environment):
        """Runs one_run.py and returns its result."""
        threads = {"OMP_NUM_THREADS": str(self.options.threads), "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [self.python, "-B", HERE / "one_run.py", *map(str, arguments)]
        run = Finished(command, **threads, **KEEP_MEMORY, **environment)
        return json.loads(run.output.splitlines()[-1])

    def peer(self, command, peer, network, *arguments, **environment):
        """A peer's result for a network. Raises `RunFailed` if it has another number of parameters or other logits."""
        notation, count, reference = self.describe(network)
        options = ["--rows", self.folder / "rows.npz", "--reference", reference, "--threads", self.options.threads]
        result = self.one_run(command, peer, notation, *options, *arguments, **environment)
        if result["parameters"] != count:
            raise RunFailed(f"{network} has {count} parameters, but {peer}'s has {result['parameters']}")
        if not result["difference"] <= (BFLOAT16_AGREEMENT if "bfloat16" in peer else AGREEMENT):
            raise RunFailed(f"{network}: {peer}'s logits differ from PyTorch's by {result['difference']:.2g} of their range")
        note(f"{peer}, {network}: logits differ by {result['difference']:.1e}")
        return result

    def peer_epochs(self, peer, network, **environment):
        """The seconds of each epoch after the warm-up."""
        options = ["--batch", batch(network), "--epochs", self.options.epochs, "--limit", self.options.limit]
        result = self.peer("train", peer, network, *options, **environment)
        note(f"{peer}, {network}: loss {result['loss']:.4f} after {self.options.epochs} epochs")
        return result["seconds"][WARM_UP_EPOCHS:]

    def kit_avx2(self):
        """The environment that limits the kit to AVX2."""
        return {"KAGGLE_DIGITS_ISA": "avx2"}

    def peers_avx2(self):
        """The environment that limits a peer to AVX2: nothing if the processor has no more."""
        if "avx512f" not in pathlib.Path("/proc/cpuinfo").read_text():
            return {}
        library = self.folder / "avx2_only.so"
        if not library.exists():
            Finished(["gcc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "avx2_only.c"])
        return {"LD_PRELOAD": str(library)}


def batch(network):
    return BATCHES.get(network, 128)


def parameters(checkpoint):
    """The number of trainable parameters in a safetensors file: all tensors except batch normalization's running statistics."""
    with checkpoint.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    trained = [name for name in header if name != "__metadata__" and ".moving_" not in name]
    return sum(math.prod(header[name]["shape"]) for name in trained)


# The sections. Each measures one network with all programs in turn and appends its rows to the table's.


def train(programs, network, rows, title="", kit={}, peers={}):
    """`kit` and `peers` are additions to their environments."""
    row = Row(f"training epoch, {network}, batch {batch(network)}{title}", "s")
    rows.append(row)
    for _ in range(programs.options.rounds):
        row.add(KIT, programs.kit_epochs(network, programs.options.limit, **kit))
        for peer in programs.chosen(TRAINING_PEERS):
            row.add(peer, programs.peer_epochs(peer, network, **peers))
        note(row)


def predict(programs, network, rows, title="", kit={}, peers={}):
    has_benchmark = (programs.options.kit / "kaggle-digits-benchmark").exists()
    row = Row(f"prediction, {network}{title}" + ("" if has_benchmark else " (this kit has no benchmark command)"), "images/s")
    rows.append(row)
    for _ in range(programs.options.rounds):
        if has_benchmark:
            row.add(KIT, programs.kit_prediction(network, **kit), f"batch {batch(network)}")
        for peer in programs.chosen(PREDICTION_PEERS):
            for rate in programs.peer("predict", peer, network, **peers)["rates"]:
                row.add(peer, rate["samples"], f"batch {rate['batch']}, {rate['setting']}")
        note(row)


def train_avx2(programs, network, rows):
    train(programs, network, rows, ", AVX2", programs.kit_avx2(), programs.peers_avx2())


def predict_avx2(programs, network, rows):
    predict(programs, network, rows, ", AVX2", programs.kit_avx2(), programs.peers_avx2())


def members(programs, network, rows):
    """Two members at once against one after the other, which is one member with as many epochs in total."""
    epochs = programs.options.epochs
    in_turn = Row(f"train {network}, {epochs} + {epochs} epochs in turn", "s")
    at_once = Row(f"train {network} --members 2, {epochs} epochs each", "s", (in_turn, "in turn"))
    rows += [at_once, in_turn]
    arguments = [*SAME_WORK, "--limit", programs.options.limit]
    for _ in range(programs.options.rounds):
        at_once.add(KIT, [programs.kit_training(network, epochs, "--members", 2, *arguments).seconds])
        in_turn.add(KIT, [programs.kit_training(network, 2 * epochs, *arguments).seconds])
        note(at_once)


def fewer_rows(programs, network, rows):
    """The time per row in epochs over a quarter, half and all of the rows."""
    limit = programs.options.limit
    whole = Row(f"training epoch, {network}, {limit:,} rows", "µs/row")
    parts = {
        count: Row(f"training epoch, {network}, {count:,} rows", "µs/row", (whole, f"{limit:,} rows"))
        for count in (limit // 4, limit // 2)
    } | {limit: whole}
    rows += parts.values()
    for _ in range(programs.options.rounds):
        for count, row in parts.items():
            row.add(KIT, [seconds / count * 1e6 for seconds in programs.kit_epochs(network, count)])
            note(row)


def memory(programs, network, rows):
    """The kit's peak memory in training with default options, including augmentation and validation."""
    for count in (1, 2):
        row = Row(f"peak memory, train {network} --members {count}", "MB")
        rows.append(row)
        for _ in range(programs.options.rounds):
            row.add(KIT, [programs.kit_training(network, 1, "--members", count).megabytes])
        note(row)


# Each section's function, its default networks, and whether it needs the peers.
SECTIONS = {
    "train": (train, NETWORKS, True),
    "predict": (predict, NETWORKS, True),
    "train-avx2": (train_avx2, AVX2_NETWORKS, True),
    "predict-avx2": (predict_avx2, AVX2_NETWORKS, True),
    "members": (members, ALONE_NETWORKS, False),
    "rows": (fewer_rows, ALONE_NETWORKS, False),
    "memory": (memory, ALONE_NETWORKS, False),
}


def note(what):
    """Prints progress to standard error: a line of text, or a row with its samples so far."""
    text = " | ".join(filter(None, what.cells())) if isinstance(what, Row) else what
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
