#!/usr/bin/env python3
"""Searches options of `kaggle-digits train` with Optuna.

    pip install optuna
    Notebooks/optuna_sweep.py DATA [--kit FOLDER] [--trials COUNT] [--epochs COUNT] [--output FOLDER]

`kaggle-digits sweep` needs no Python and searches at random. Optuna learns from the trials so far where to look next (its
default, TPE). This shows how little it needs: a trial is a command, its score the JSON that the command prints.

The highest of many scores is too high, since chance is part of why it is the highest. So trials are scored on the
validation rows of seed 1, and the winner is compared with the defaults with other seeds, which train anew and hold out
other rows. (About a tenth of these are among those of seed 1. `kaggle-digits sweep` keeps its folds apart.)
"""
import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import optuna

CHOOSING, REPORTING = 1, [2, 3, 4]
DEFAULTS = {"learning-rate": 0.003, "shift": 0.05, "rotate": 10, "label-smoothing": 0}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="Kaggle's zip, or a folder with the CSV files")
    parser.add_argument("--kit", type=Path, default=Path(".build/release"), help="the folder with kaggle-digits")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--output", type=Path, default=Path("runs/optuna"), help="a folder for the runs")
    return parser.parse_args()


def accuracy(given: argparse.Namespace, name: str, options: dict, seed: int) -> float | None:
    """Trains with some options and returns the accuracy on the validation rows; None if the loss diverged."""
    command = [given.kit / "kaggle-digits", "train", "--data", given.data, "--epochs", given.epochs, "--seed", seed]
    for option, value in options.items():
        command += [f"--{option}", value]
    # The folder of an earlier search, of which a run may be left.
    command += ["--output", given.output / name, "--force", "--quiet", "--json"]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if "the loss became NaN or infinite" in result.stderr:
        return None
    if result.returncode != 0:
        sys.exit(result.stderr)
    return json.loads(result.stdout)["members"][0]["validation-accuracy"]


def main() -> None:
    given = arguments()

    def objective(trial: optuna.Trial) -> float:
        options = {
            "learning-rate": trial.suggest_float("learning-rate", 0.0005, 0.02, log=True),
            "shift": trial.suggest_float("shift", 0, 0.15, step=0.025),
            "rotate": trial.suggest_int("rotate", 0, 20),
            "label-smoothing": trial.suggest_categorical("label-smoothing", [0, 0.05, 0.1]),
        }
        result = accuracy(given, f"trial-{trial.number}", options, CHOOSING)
        if result is None:
            raise optuna.TrialPruned("the loss diverged")
        return result

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    # The first trial is the defaults, so that the winner has something to beat.
    study.enqueue_trial(DEFAULTS)
    study.optimize(objective, n_trials=given.trials)

    winner = study.best_params
    print(f"chosen as the best of {given.trials} trials: {study.best_value:.4f} with {winner}")
    if winner == DEFAULTS:
        print("the defaults won: there is nothing to compare")
        return
    differences = []
    for seed in REPORTING:
        ours = accuracy(given, f"winner-seed-{seed}", winner, seed)
        theirs = accuracy(given, f"defaults-seed-{seed}", DEFAULTS, seed)
        print(f"seed {seed}: winner {ours or 0:.4f}, defaults {theirs or 0:.4f}")
        differences.append((ours or 0) - (theirs or 0))
    mean = statistics.mean(differences)
    # Student's t for three differences.
    half = 4.303 * statistics.stdev(differences) / len(differences) ** 0.5
    verdict = "better" if mean - half > 0 else "worse" if mean + half < 0 else "not measurably different"
    print(f"difference {mean:+.4f}, 95 % interval {mean - half:+.4f} to {mean + half:+.4f}: {verdict}")


if __name__ == "__main__":
    main()
