"""Code that runs inside the learner's process: a monitor lives here between the calls of a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import solution as learners  # the driver has already imported it
from service_link import ask

BETWEEN_QUERIES_S = 0.002
N_POURED_SERIES = 20
N_TWICE = 9  # samples of a batch in a race that come twice
LATE_FROM = 4000  # in a race, the number of a late sample, counted from the mark


class Clock:
    """Time as a test sets it. It cannot be pickled: a copy in another process would stand still."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now

    def __reduce__(self) -> Any:
        raise TypeError("the clock belongs to the caller's process and cannot be pickled")


class Live:
    """The monitor of the running test, its clock, and the race it belongs to."""

    monitor: Any = None
    clock = Clock(0.0)
    race = 0


def _open(start: float, rules: list[dict], options: dict[str, Any]) -> None:
    Live.clock = Clock(start)
    Live.monitor = learners.Monitor(rules, clock=Live.clock, **options)


def _set_clock(now: float) -> None:
    Live.clock.now = now


def _mark() -> int:
    number: int = ask("mark")
    return number


def _close() -> None:
    if Live.monitor is not None:
        Live.monitor.close()
    Live.monitor, Live.race = None, 0


def play(_solution: Any, steps: list[list[Any]]) -> list[Any]:
    """Run the steps in order and return the answer to each.

    A step is `["open", start, rules, options]`, `["clock", now]`, `["mark"]`, `["close"]`, or a method and
    its arguments.
    """
    answers = []
    for name, *args in steps:
        own = {"open": _open, "clock": _set_clock, "mark": _mark, "close": _close}.get(name)
        answers.append(own(*args) if own else getattr(Live.monitor, name)(*args))
    return answers


def _ingest_all(monitor: Any, batches: Iterable[list[tuple]]) -> dict[str, int]:
    """Ingest batches one after another and add up the answers."""
    sums: dict[str, int] = {}
    for batch in batches:
        for key, number in monitor.ingest(batch).items():
            sums[key] = sums.get(key, 0) + number
    return sums


def from_threads(_solution: Any, batches_of: list[list[list[tuple]]]) -> list[dict[str, int]]:
    """Ingest each list of batches in order, in a thread of its own; return the sums of each thread."""
    with ThreadPoolExecutor(len(batches_of)) as threads:
        return list(threads.map(lambda batches: _ingest_all(Live.monitor, batches), batches_of))


def flood_and_ask(_solution: Any, batches: list[list[tuple]], question: list[Any]) -> dict[str, Any]:
    """Ask about one window after another while another thread ingests; the world notes each answer."""
    metric, aggregate, now = question
    n_answers = 0
    with ThreadPoolExecutor(1) as thread:
        flood = thread.submit(_ingest_all, Live.monitor, batches)
        while not flood.done():
            number, window_s = ask("question")
            ask("answered", number, Live.monitor.query(metric, aggregate, window_s, now))
            n_answers += 1
            time.sleep(BETWEEN_QUERIES_S)
        return {"n_answers": n_answers, "ingested": flood.result()}


def flood_and_close(solution: Any, batches: list[list[tuple]], question: list[Any]) -> dict[str, Any]:
    """Do the same with a monitor that nobody needs afterwards."""
    try:
        return flood_and_ask(solution, batches, question)
    finally:
        _close()


def _poured(first: int, n_samples: int, start: float) -> list[tuple]:
    """New samples, one per series and second; the first one has the number `first`."""
    return [
        (f"disk-{k % 4}", f"s-{k % N_POURED_SERIES}", k, start + k // N_POURED_SERIES, k * 7919 % 1000 / 8)
        for k in range(first, first + n_samples)
    ]


def pour(_solution: Any, first: int, n_batches: int, batch_size: int, start: float) -> dict[str, int]:
    """Ingest new samples in order, advance the clock with them and add up the answers."""

    def batches() -> Iterator[list[tuple]]:
        for number in range(n_batches):
            batch = _poured(first + number * batch_size, batch_size, start)
            Live.clock.now = batch[-1][3]
            yield batch

    return _ingest_all(Live.monitor, batches())


def shards_here(_solution: Any, series: list[tuple], shards: int) -> list[Any]:
    """Return shard_of for each (metric, source)."""
    return [learners.shard_of(metric, source, shards) for metric, source in series]


def shards_elsewhere(_solution: Any, series: list[tuple], shards: int) -> list[list[Any]]:
    """Return shard_of for each series, here and in two fresh processes."""
    program = (
        "import json, sys, solution; series, shards = json.loads(sys.argv[1]); "
        "print(json.dumps([solution.shard_of(*one, shards) for one in series]))"
    )
    asked = json.dumps([series, shards])
    others = [
        subprocess.Popen(
            [sys.executable, "-c", program, asked],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    said = [shards_here(_solution, series, shards)]
    for other in others:
        output, _ = other.communicate()
        if other.returncode:
            raise RuntimeError("shard_of fails in a separate process")
        said.append(json.loads(output.splitlines()[-1]))
    return said


def kata_play(steps: list[list[Any]]) -> list[Any]:
    """For the visible examples, which can only call functions of the solution."""
    return play(learners, steps)


def kata_flood(
    race: int,
    start: float,
    names: list[tuple],
    series: np.ndarray,
    values: np.ndarray,
    n_batches: int,
    questions: list[list[Any]],
) -> dict[str, Any]:
    """Run a round of the race: ingest and sometimes query, on one monitor for all rounds.

    Sample k belongs to `names[series[k]]` and has the value `values[k]`. Before each ingest
    there is a mark, which numbers its samples. Some samples of each batch come twice, one is late.
    """
    if Live.race != race:
        _close()
        _open(start, [], {"shards": 4})
        Live.race = race
    Live.clock.now = start
    size, every = len(series) // n_batches, n_batches // len(questions)
    sums: Counter[str] = Counter()
    answers, marks = [], []
    for number in range(n_batches):
        marks.append(_mark())
        first = number * size
        batch = [
            (*names[s], marks[-1] + k - first, start - 400 + k / 64, value)
            for k, s, value in zip(
                range(first, first + size),
                series[first : first + size].tolist(),
                values[first : first + size].tolist(),
                strict=True,
            )
        ]
        late = (*names[0], marks[-1] + LATE_FROM, start - 700, 0.0)
        sums.update(Live.monitor.ingest([*batch, *batch[:: size // N_TWICE][:N_TWICE], late]))
        if (number + 1) % every == 0:
            answers.append(Live.monitor.query(*questions[number // every]))
    marks.append(_mark())
    stats = Live.monitor.stats()
    return {"ingested": dict(sums), "answers": answers, "marks": marks, "stats": stats}


# Races and examples can call functions that the solution defines, but not methods of its objects.
learners.kata_play, learners.kata_flood = kata_play, kata_flood
