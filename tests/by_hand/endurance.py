"""Grades one solution again and again on one warm arena, and prints what happened to score and resources.

    python -m tests.by_hand.endurance slow_gets --times 50            # does anything grow?
    python -m tests.by_hand.endurance slow_gets --times 20 --busy 2   # does a busy machine cost points?
    python -m tests.by_hand.endurance slow_gets --solution FILE   # how far do one solution's scores spread?

Run it by hand: it takes as long as that many gradings. Each has its own seed, which is printed.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from grader.catalogue.challenges import find_challenge
from grader.judge.arena import Arena
from grader.judge.engine import grade

HEAD = "| run | seed | score | judged | lost or not judged | ratio | seconds | processes | open files | MB |"


@contextlib.contextmanager
def busy_loops(n):
    """Processes that each keep a core busy, at the usual priority."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def resources():
    """Processes below this one, and this one's open files and memory of its own."""
    judge = psutil.Process(os.getpid())
    with contextlib.suppress(psutil.NoSuchProcess):
        return len(judge.children(recursive=True)), judge.num_fds(), judge.memory_full_info().uss / 1e6
    return resources()


def row(number, record, seconds):
    """One line of the table."""
    lost = "; ".join(
        f"{c.behaviour.name} {c.outcome} ({c.earned:g} of {c.behaviour.points:g}): {c.message[:200]!r}"
        for c in record.checks
        if c.outcome != "pass"
    )
    ratio = ", ".join(f"{race.speed.ratio:.2f}" for race in record.races if race.speed) or "-"
    n_processes, n_files, mb = resources()
    score = f"{record.score.earned:g} | {record.score.judged:g} | {lost or '-'} | {ratio}"
    return f"| {number} | {record.seed} | {score} | {seconds:.0f} | {n_processes} | {n_files} | {mb:.0f} |"


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("name")
    asked.add_argument("--times", type=int, default=20)
    asked.add_argument("--busy", type=int, default=0, help="busy loops next to it")
    asked.add_argument("--solution", type=Path, help="else the reference")
    options = asked.parse_args()
    challenge = find_challenge(options.name)
    submission = challenge.submission(options.solution or challenge.reference_path)
    arena = Arena(challenge)
    scores, unjudged = [], 0
    print(HEAD, "|---" * HEAD.count(" | ") + "|---|", sep="\n")
    try:
        with busy_loops(options.busy):
            for number in range(1, options.times + 1):
                start = time.monotonic()
                record = grade(challenge, submission, arena=arena)
                scores.append(100 * record.score.earned / max(record.score.judged, 1))
                unjudged += any(c.outcome == "inconclusive" for c in record.checks)
                print(row(number, record, time.monotonic() - start), flush=True)
    finally:
        left = arena.close()
    print(
        f"{options.name}: {len(scores)} gradings, {min(scores):.1f} to {max(scores):.1f} % of those judged, "
        f"{unjudged} with something not judged; processes left: {left or 'none'}"
    )


if __name__ == "__main__":
    main()
