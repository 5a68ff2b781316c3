"""Harms a running grading from outside and prints what became of it: python -m tests.by_hand.faults_table.

A fault comes after the first verdict. "Left" counts processes and folders of the grading ten seconds after
its end, and again after another grading has ended: the next one removes what a killed one could not.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.conftest import ROOT, command, environment, grade_py
from tests.support.hostile_corpus import leftovers

SETTLE_S = 10.0
HEAD = "| fault | exit status | recorded | said last | left | left after the next run |"


def toy_root(folder):
    """A root of its own, so that records are told apart."""
    return Path(shutil.copytree(ROOT / "tests" / "toy", Path(folder) / "root"))


def started(root, *, wrapped=()):
    """A grading of the toy's reference that has given its first verdict, and what it has said."""
    run = subprocess.Popen(
        [*wrapped, *command("run", "toy", "--against", "reference")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(root, PYTHONUNBUFFERED="1"),
    )
    said = []
    for line in run.stdout:
        said.append(line)
        if line.startswith("  PASS"):
            break
    return run, said


def to_itself(signum):
    """Send a signal to grade.py."""
    return lambda run: run.send_signal(signum)


def to_part(name, number):
    """Kill a process below grade.py by its name; 0 is the learner's side, 1 the reference's."""

    def harm(run):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            below = psutil.Process(run.pid).children(recursive=True)
            found = [p for p in below if p.is_running() and name in f"{p.name()} {' '.join(p.cmdline())}"]
            if len(found) > number:
                sorted(found, key=lambda p: p.create_time())[number].kill()
                return
            time.sleep(0.1)
        raise AssertionError(f"there is no {name} number {number}")

    return harm


FAULTS = {
    "Ctrl-C": to_itself(signal.SIGINT),
    "SIGTERM": to_itself(signal.SIGTERM),
    "kill -9 of grade.py, which is the judge": to_itself(signal.SIGKILL),
    "kill -9 of the learner's driver": to_part("inside/driver.py", 0),
    "kill -9 of the learner's warden": to_part("-m grader.warden", 0),
    "kill -9 of the learner's raylet": to_part("raylet/raylet", 0),
    "kill -9 of the learner's GCS": to_part("gcs_server", 0),
    "kill -9 of the reference's raylet": to_part("raylet/raylet", 1),
    "kill -9 of the reference's GCS": to_part("gcs_server", 1),
}


def ended(run, said):
    """Exit status and everything printed."""
    rest = run.communicate(timeout=300)[0]
    return run.returncode, "".join(said) + rest


def recorded(root):
    """What the only record says."""
    paths = list((root / ".grade" / "records" / "toy").glob("*.json"))
    if not paths:
        return "nothing"
    record = json.loads(paths[0].read_text())
    outcomes = [check["outcome"] for check in record["checks"]]
    return f"{record['outcome']}: {', '.join(outcomes)}"


def left_now(before):
    """How much is left of ours, once it has had time to go."""
    deadline = time.monotonic() + SETTLE_S
    while (left := leftovers() - before) and time.monotonic() < deadline:
        time.sleep(0.2)
    return len(left)


def row(name, status, said, root, before):
    """A line of the table; runs the next grading."""
    left = left_now(before)
    kept = recorded(root)
    next_status = grade_py(root, "run", "toy", "--against", "reference").status
    after = f"{left_now(before)} (status {next_status})"
    last = said.strip().splitlines()[-1][:90] if said.strip() else "-"
    print(f"| {name} | {status} | {kept} | {last} | {left} | {after} |", flush=True)


def one_fault(name, harm):
    """Do one harm to one grading."""
    with tempfile.TemporaryDirectory() as folder:
        root, before = toy_root(folder), leftovers()
        run, said = started(root)
        harm(run)
        row(name, *ended(run, said), root, before)


def two_at_once():
    """Two gradings side by side."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        roots, before = [toy_root(one), toy_root(other)], leftovers()
        runs = [started(root) for root in roots]
        found = [ended(run, said) for run, said in runs]
        row("two at once, the first", *found[0], roots[0], before)
        print(f"| two at once, the second | {found[1][0]} | {recorded(roots[1])} | | | |")


def full(name, mounted_at, size):
    """A grading in a mount namespace of its own, where some folder has little room; needs root."""
    with tempfile.TemporaryDirectory() as folder:
        root, before = toy_root(folder), leftovers()
        target = mounted_at or root / ".grade"
        target.mkdir(exist_ok=True)
        mounting = f'mount -t tmpfs -o size={size} tmpfs "{target}" && exec "$@"'
        run, said = started(root, wrapped=("unshare", "--mount", "sh", "-c", mounting, "sh"))
        row(name, *ended(run, said), root, before)


def main():
    print(HEAD, "|---" * 6 + "|", sep="\n")
    for name, harm in FAULTS.items():
        one_fault(name, harm)
    two_at_once()
    if os.geteuid() == 0:
        full("the records' disk is full", None, "4k")
        full("/dev/shm is nearly full", Path("/dev/shm"), "60m")
    return 0


if __name__ == "__main__":
    sys.exit(main())
