"""The tables of results: rows of samples, printed as aligned Markdown."""

import statistics

KIT = "kit"
COLUMNS = [KIT, "Keras", "PyTorch", "PyTorch compiled", "PyTorch bfloat16", "JAX"]
COLUMNS += ["ONNX Runtime", "OpenVINO", "LiteRT", "MNN", "ncnn"]
OTHER_ARITHMETIC = {"PyTorch bfloat16"}  # shown, but not compared with the kit's float32


class Row:
    """One row of the table: the samples of each program, by the program's setting.

    `against` is for rows that only the kit has: the row to compare with, and what to call it.
    """

    def __init__(self, title, unit, against=None):
        self.title = title
        self.unit = unit
        self.against = against
        self.samples = {}

    def add(self, program, values, setting=""):
        self.samples.setdefault(program, {}).setdefault(setting, []).extend(values)

    def best(self, program):
        """The median of the program's fastest setting, the setting and its samples."""
        medians = [(statistics.median(values), setting, values) for setting, values in self.samples[program].items()]
        return self.fastest(medians, key=lambda entry: entry[0])

    @property
    def fastest(self):
        return max if self.unit == "images/s" else min

    def cell(self, program):
        """For example `1.52 (1.49–1.60), batch 128`: the median, the smallest and the largest sample, the setting."""
        if program not in self.samples:
            return ""
        median, setting, values = self.best(program)
        spread = f" ({self.number(min(values))}–{self.number(max(values))})" if len(values) > 1 else ""
        return self.number(median) + spread + (f", {setting}" if setting else "")

    def number(self, value):
        return f"{value:,.0f}" if self.unit in ("images/s", "MB") else f"{value:.2f}"

    def ratio(self):
        """How many times as fast the kit is as the fastest float32 peer, or as the row to compare with."""
        if KIT not in self.samples:
            return ""
        kit = self.best(KIT)[0]
        if self.against:
            row, name = self.against
            return f"{row.best(KIT)[0] / kit:.2f} × {name}" if KIT in row.samples else ""
        peers = {name: self.best(name)[0] for name in self.samples if name not in {KIT, *OTHER_ARITHMETIC}}
        if not peers:
            return ""
        name = self.fastest(peers, key=peers.get)
        ratio = kit / peers[name] if self.unit == "images/s" else peers[name] / kit
        return f"{ratio:.2f} × {name}"

    def cells(self):
        return [self.title, self.unit, *(self.cell(column) for column in COLUMNS), self.ratio()]

    def record(self):
        """The row as a dictionary for JSON, with every sample."""
        return {"title": self.title, "unit": self.unit, "samples": self.samples, "ratio": self.ratio()}


def markdown(rows):
    """The rows with samples as a Markdown table, without empty columns."""
    lines = [row.cells() for row in rows if row.samples]
    columns = zip(["measured", "unit", *COLUMNS, "the kit's speed"], *lines)
    padded = []
    for heading, *entries in columns:
        if any(entries):
            width = max(map(len, [heading, *entries]))
            padded.append([text.ljust(width) for text in (heading, "-" * width, *entries)])
    return "\n".join("| " + " | ".join(line) + " |" for line in zip(*padded))
