"""Writes ScoringFixtures.swift: scores, doubtful labels and paired comparisons as Python's packages have them.

    pip install cleanlab==2.9.0 scikit-learn scipy statsmodels numpy
    python3 make_scoring_fixtures.py > ScoringFixtures.swift

Probabilities are whole 65536ths that add up to 1, so that both languages read the same doubles.
"""

import math
import random
import textwrap
import warnings
from fractions import Fraction

import numpy as np
from cleanlab.count import compute_confident_joint
from cleanlab.filter import find_label_issues
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

warnings.simplefilter("ignore")
UNIT = 65536
CLASSES = 10


def quantized(weights):
    """Weights as whole 65536ths of their sum, what rounding leaves given to the largest."""
    total = sum(weights)
    parts = [int(UNIT * weight / total) for weight in weights]
    parts[parts.index(max(parts))] += UNIT - sum(parts)
    return parts


def mixed_rows():
    """Rows of all kinds: sure, unsure, wrong labels, systematic confusion, ties."""
    random.seed(20260201)
    rows = []
    for _ in range(170):
        true = random.choice([0, 1, 2, 3, 4, 5, 6, 8, 9])
        label = true if random.random() > 0.08 else random.choice([0, 1, 2, 3, 4, 5, 6, 8])
        sureness = random.choice([1, 2, 4, 8])
        logits = [random.gauss(0, 1) for _ in range(CLASSES)]
        logits[true] += sureness * random.uniform(0.5, 1.2)
        if true == 4:
            logits[9] += sureness * random.uniform(0.2, 1)
        rows.append((label, quantized([math.exp(logit) for logit in logits])))
    # Nineteen of twenty rows are below their mean, but by less than the tolerance of 10⁻⁶.
    for extra in [1] + [0] * 19:
        rows.append((7, [5000, 9000, 0, 0, 0, 11536 - extra, 0, 20000 + extra, 20000, 0]))
    # Nothing known; two equal largest; sure and right; sure and wrong.
    rows.append((2, [6554] * 5 + [6553] * 4 + [6554]))
    rows.append((6, [0, 0, 0, 32768, 0, 0, 32768, 0, 0, 0]))
    rows.append((3, [0, 0, 0, 32768, 0, 0, 32768, 0, 0, 0]))
    rows.append((6, [0, 0, 0, 0, 0, 0, UNIT, 0, 0, 0]))
    rows.append((5, [0, UNIT, 0, 0, 0, 0, 0, 0, 0, 0]))
    return rows


def zero_rows():
    """The rows labelled 8 give it no probability, so that its threshold is the lowest there is."""
    random.seed(7)
    rows = []
    for index in range(40):
        label = [0, 1, 3, 8][index % 4]
        weights = [math.exp(random.gauss(0, 1)) for _ in range(CLASSES)]
        weights[label if label != 8 else 3] += random.uniform(0, 12)
        weights[8] = 0 if label == 8 or index % 3 else 0.0004
        rows.append((label, quantized(weights)))
    # A class of one row, so with a low threshold; then a row that is confidently 5 and 8, but rather than these 0.
    rows.append((5, [UNIT - 6000, 0, 0, 0, 0, 6000, 0, 0, 0, 0]))
    rows.append((1, [30000, 0, 13000, 0, 13536, 8000, 0, 0, 1000, 0]))
    return rows


def arrays(rows):
    return np.array([label for label, _ in rows]), np.array([parts for _, parts in rows]) / UNIT


def doubtful(labels, probabilities):
    places = find_label_issues(
        labels, probabilities, filter_by="confident_learning", return_indices_ranked_by="normalized_margin"
    )
    joint = compute_confident_joint(labels, probabilities, calibrate=False)
    one_hot = np.eye(CLASSES, dtype=bool)[labels]
    margins = probabilities[one_hot] - np.where(one_hot, -1, probabilities).max(axis=1)
    assert len(set(margins[places])) == len(places), "cleanlab leaves the order of equal margins open"
    return places.tolist(), joint.tolist()


def exact_p(gained, lost):
    """McNemar's exact p-value in rational arithmetic, checked against statsmodels."""
    n, m = gained + lost, min(gained, lost)
    p = float(min(Fraction(1), Fraction(2 * sum(math.comb(n, k) for k in range(m + 1)), 2**n)))
    other = mcnemar([[0, gained], [lost, 0]], exact=True).pvalue
    assert abs(p - other) <= 1e-9 * p, (gained, lost, p, other)
    return p


def tango(gained, lost, n):
    """All differences that the score test does not reject; the nuisance parameter by maximising the likelihood."""
    z = norm.ppf(0.975)

    def statistic(delta):
        # The shares are q + delta (only the first), q (only the second), 1 - 2q - delta; this falls as q grows.
        def slope(q):
            shares = [(gained, q + delta, 1), (lost, q, 1), (n - gained - lost, 1 - 2 * q - delta, -2)]
            return sum(sign * count / max(share, 1e-300) for count, share, sign in shares if count)

        low, high = max(0.0, -delta), (1 - delta) / 2
        if slope(low) <= 0:
            q = low
        elif slope(high) >= 0:
            q = high
        else:
            q = brentq(slope, low, high, xtol=1e-16, rtol=1e-15)
        return (gained - lost - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))

    estimate = (gained - lost) / n
    edge = 1e-12
    high = 1.0 if gained == n else brentq(lambda d: statistic(d) + z, estimate + edge, 1 - edge, xtol=1e-15)
    low = -1.0 if lost == n else brentq(lambda d: statistic(d) - z, -1 + edge, estimate - edge, xtol=1e-15)
    return low, high


def text(values):
    return "[" + ", ".join(str(value) if not isinstance(value, float) else swift(value) for value in values) + "]"


def wrapped(values, indentation):
    """A long array literal as swift-format leaves it."""
    lines = textwrap.wrap(text(values)[1:-1] + ",", 100, initial_indent=indentation, subsequent_indent=indentation)
    return "\n".join(["[", *lines, indentation[2:] + "]"])


def swift(value):
    return ".nan" if math.isnan(value) else repr(float(value))


def print_rows(name, rows):
    print(f"  /// A row's label and its ten probabilities in 65536ths.\n  static let {name} = \"\"\"")
    for label, parts in rows:
        print("    " + " ".join(map(str, [label] + parts)))
    print('    """\n')


def print_doubtful(name, comment, labels, probabilities):
    places, joint = doubtful(labels, probabilities)
    print(f"  /// {comment}\n  static let {name}: (places: [Int], joint: [[Int]]) = (")
    print(f"    {wrapped(places, '      ')},\n    [")
    for row in joint:
        print(f"      {text(row)},")
    print("    ]\n  )\n")


def print_scores(labels, probabilities):
    predictions = probabilities.argmax(axis=1)
    # Without a row of a class, or a prediction of it, there is no such score.
    scores = precision_recall_fscore_support(labels, predictions, labels=range(CLASSES), zero_division=np.nan)
    confidences = probabilities.max(axis=1)
    bins = np.clip(np.digitize(confidences, np.arange(16) / 15) - 1, 0, 14)
    error = 0.0
    for number in range(15):
        inside = bins == number
        if inside.any():
            gap = abs((predictions == labels)[inside].mean() - confidences[inside].mean())
            error += inside.mean() * gap
    print(f"  static let accuracy = {swift(accuracy_score(labels, predictions))}")
    floored = np.maximum(probabilities, 1e-15)
    print(f"  static let logLoss = {swift(log_loss(labels, floored, labels=range(CLASSES)))}")
    print(f"  static let expectedCalibrationError = {swift(error)}")
    for name, values in zip(("precision", "recall", "f1"), scores):
        print(f"  static let {name}: [Double] = {wrapped([float(value) for value in values], '    ')}")
    print("  static let confusion = [")
    for row in confusion_matrix(labels, predictions, labels=range(CLASSES)).tolist():
        print(f"    {text(row)},")
    print("  ]\n")


def print_log_loss_difference(labels, probabilities):
    rows = np.arange(len(labels))
    softened = 0.75 * probabilities + 0.025
    losses = [-np.log(np.maximum(p[rows, labels], 1e-15)) for p in (softened, probabilities)]
    differences = losses[0] - losses[1]
    half = norm.ppf(0.975) * differences.std(ddof=1) / math.sqrt(len(labels))
    mean = differences.mean()
    print("  /// Log loss of 0.75 p + 0.025 less that of p: the mean and its interval.")
    print(f"  static let logLossDifference = {text([float(mean), float(mean - half), float(mean + half)])}\n")


mixed, zeros = mixed_rows(), zero_rows()
mixed_labels, mixed_probabilities = arrays(mixed)
without_nine = mixed_labels != 9

print("// Made by make_scoring_fixtures.py.\n\nenum ScoringFixtures {")
print_rows("mixedRows", mixed)
print_rows("zeroRows", zeros)
print_doubtful("doubtful", "cleanlab on `mixedRows`.", mixed_labels, mixed_probabilities)
print_doubtful(
    "doubtfulWithoutNine",
    "cleanlab on the rows of `mixedRows` that are not labelled 9.",
    mixed_labels[without_nine],
    mixed_probabilities[without_nine],
)
print_doubtful("doubtfulOfZeros", "cleanlab on `zeroRows`.", *arrays(zeros))
print_scores(mixed_labels, mixed_probabilities)
print_log_loss_difference(mixed_labels, mixed_probabilities)
print("  static let wilson: [(successes: Int, count: Int, low: Double, high: Double)] = [")
for successes, count in [(0, 1), (1, 1), (0, 10), (10, 10), (7, 10), (4170, 4200), (41_900, 42_000), (42_000, 42_000)]:
    low, high = proportion_confint(successes, count, alpha=0.05, method="wilson")
    print(f"    ({successes}, {count}, {swift(low)}, {swift(high)}),")
print("  ]\n\n  static let mcNemar: [(gained: Int, lost: Int, p: Double)] = [")
pairs = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (5, 0), (0, 6), (3, 2), (10, 2), (12, 25), (100, 100), (101, 100)]
pairs += [(130, 90), (500, 430), (1000, 0), (1000, 1100), (2500, 2300), (3000, 3000), (9000, 3000), (700, 0)]
for gained, lost in pairs:
    print(f"    ({gained}, {lost}, {swift(exact_p(gained, lost))}),")
print("  ]\n\n  static let tango: [(gained: Int, lost: Int, count: Int, low: Double, high: Double)] = [")
cases = [(0, 0, 1), (0, 0, 10), (0, 0, 4200), (1, 0, 1), (1, 0, 20), (0, 1, 20), (3, 0, 20), (0, 20, 20), (5, 5, 30)]
cases += [(10, 10, 20), (21, 9, 1680), (43, 0, 44), (30, 12, 4200), (12, 30, 4200), (90, 40, 42_000), (21, 3, 1680)]
for gained, lost, count in cases:
    low, high = tango(gained, lost, count)
    print(f"    ({gained}, {lost}, {count}, {swift(low)}, {swift(high)}),")
print("  ]\n}")
