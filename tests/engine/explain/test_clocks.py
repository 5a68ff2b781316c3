"""A program without a clock waits forever once nothing reaches it; in doubt, it has one."""

import pytest

from grader.explain.clocks import may_wake


@pytest.mark.parametrize(
    "source",
    [
        "ray.wait(refs, timeout=1)",
        "time.sleep(1)",
        "from time import sleep as nap",
        "from time import *",
        "done.wait(5)",
        "done.wait(POLL_S)",
        "future.result(left)",
        "lock.acquire(True, 3)",
        "thread.join(left)",
        "threading.Timer(1, f)",
        "inbox.get(True, 3)",
        "inbox.get(block=True)",
        "asyncio.wait_for(f(), 3)",
        "loop.call_later(3, f)",
        "wait(futures, 5)",
        "for f in as_completed(futures, 5): pass",
        "pool.get_next(5)",
        "import tenacity",
        "from multiprocessing import Pool",
        "import multiprocessing.pool as p",
        "import select",
        "exec(text)",
        "breakpoint()",  # a person may go on
        "def broken(",
        "",
    ],
)
def test_a_program_with_any_clock_may_wake(source):
    assert may_wake(source.encode()) is (source != "")


@pytest.mark.parametrize(
    "source",
    [
        "ray.get([f.remote(i) for i in ids])",
        "ray.wait(refs, num_returns=1)",
        "ray.wait(refs[:8])",
        "pool.map(f, xs)",
        "d.get('a', 0)",
        "t.join()",
        "', '.join(names)",
        "inbox.get()",
        "done.wait()",
        "future.result()",
        "from concurrent.futures import ThreadPoolExecutor, as_completed\nfor f in as_completed(fs): pass",
        "async def f(): await ref",
        "started_s = time.monotonic()",  # who only reads a clock is not woken by it
        "class C:\n    '''Never sleeps, no timeout.'''\n",
    ],
)
def test_a_program_that_only_waits_for_others_does_not(source):
    assert not may_wake(source.encode())


SCENARIOS = b"""
import ray
from service_link import ask

def plain(solution, x):
    return helper(solution, x)

def helper(solution, x):
    return solution.run(x)

def timed(solution, x):
    return ray.wait([x], timeout=1)

def by_way_of(solution, x):
    return [timed(solution, y) for y in x]
"""


@pytest.mark.parametrize(
    ("start", "may"), [("plain", False), ("timed", True), ("by_way_of", True), (None, True)]
)
def test_only_what_a_function_reaches_counts(start, may):
    assert may_wake(SCENARIOS, start) is may


def test_what_runs_at_import_always_counts():
    assert may_wake(b"import time\ntime.sleep(1)\ndef f(): pass\n", "f")
