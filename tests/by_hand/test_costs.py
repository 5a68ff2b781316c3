"""What the grader itself costs, measured on the reference of slow_gets: pytest tests/by_hand/test_costs.py -s

Overhead is everything outside the calls into the two sides. Figures are for one machine at one moment:
compare them only with figures from the same run.
"""

import os
import time

import psutil
import pytest

from grader.catalogue.challenges import find_challenge
from grader.judge.arena import Arena
from grader.judge.engine import grade

WARM_RUNS = 3


@pytest.mark.timeout(900)
def test_time_to_verdict_overhead_and_memory():
    challenge = find_challenge("slow_gets")
    reference = challenge.submission(challenge.reference_path)
    arena = Arena(challenge)
    try:
        start = time.monotonic()
        cold = graded(challenge, reference, arena)
        print(f"\ncold: verdict after {time.monotonic() - start:.1f} s, overhead {cold:.1f} s")
        for _ in range(WARM_RUNS):
            arena.refresh()  # as after each grading of `watch`
            start = time.monotonic()
            warm = graded(challenge, reference, arena)
            print(f"warm: verdict after {time.monotonic() - start:.1f} s, overhead {warm:.1f} s")
        judge = psutil.Process(os.getpid())
        wardens = [p for p in judge.children() if "-m grader.warden" in " ".join(p.cmdline())]
        memory = {p.pid: p.memory_full_info().uss / 1e6 for p in [judge, *wardens]}
        print(
            f"memory: judge {memory.pop(judge.pid):.0f} MB, wardens {[round(m) for m in memory.values()]} MB"
        )
    finally:
        assert arena.close() == []


def graded(challenge, submission, arena):
    """Grade once; the seconds that were not spent in calls into a side."""
    before = called(arena)
    start = time.monotonic()
    record = grade(challenge, submission, arena=arena)
    assert record.score.earned == 100, record.to_json()
    return time.monotonic() - start - (called(arena) - before)


def called(arena):
    sides = [arena.learner_side, arena.reference_side] if arena.is_started else []
    return sum(side.called_s for side in sides)
