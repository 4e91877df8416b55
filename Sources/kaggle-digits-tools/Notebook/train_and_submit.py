"""Trains networks on the Digit Recognizer and writes submission.csv. Made by kaggle-digits @VERSION@."""

import pathlib
import shutil
import subprocess
import sys
import tarfile

INPUT = pathlib.Path("/kaggle/input")
WORKING = pathlib.Path("/kaggle/working")
KIT = pathlib.Path("/tmp/kaggle-digits")
RECIPE = "@RECIPE@"


def front_door(folder):
    """The program that runs all others of its folder; None if it is not there."""
    return next((path for path in sorted(folder.rglob("kaggle-digits")) if path.is_file()), None)


def unpack():
    """Puts the kit where it may run: datasets can't be changed, and none of their files is executable."""
    shutil.rmtree(KIT, ignore_errors=True)
    archive = next(iter(sorted(INPUT.rglob("kaggle-digits*.tar*"))), None)
    if archive is not None and archive.is_file():
        with tarfile.open(archive) as files:
            files.extractall(KIT, filter="data")
    else:
        # Kaggle unpacks archives of datasets.
        door = front_door(INPUT)
        if door is None:
            sys.exit(f"there is no kaggle-digits in {INPUT}; add the dataset @DATASET@ to this notebook")
        shutil.copytree(door.parent, KIT)
    door = front_door(KIT)
    if door is None:
        sys.exit(f"{archive} has no program kaggle-digits")
    for path in door.parent.iterdir():
        if path.is_file():
            path.chmod(0o755)
    return door


def main():
    table = next(iter(sorted(INPUT.rglob("train.csv"))), None)
    if table is None:
        sys.exit(f"there is no train.csv in {INPUT}; add the competition to this notebook, and accept its rules")
    door = unpack()
    for command in [
        ["train", "--data", table.parent, "--recipe", RECIPE, "--output", "run"],
        ["submit", "run", "--data", table.parent, "--output", "submission.csv"],
    ]:
        print("$ kaggle-digits", *command, flush=True)
        status = subprocess.run([door, *command], cwd=WORKING).returncode
        if status != 0:
            sys.exit(status)


main()
