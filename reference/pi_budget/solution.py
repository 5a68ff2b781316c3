"""Estimate pi with many tasks: start before waiting, a stream for each part, stop what nobody needs.

The problem. Throwing darts is the easiest work to share out, and three things still go wrong. `ray.get` in
the loop makes the tasks run one after the other. One seed for all makes them throw the same darts: a hundred
tasks know as much as one. And a search for a good enough estimate that starts everything has everything
running when it is done.

The design. One `SeedSequence` belongs to the seed, and each part gets a child of it, so what a part throws
follows from the seed and its number, wherever it runs. The parts are started together and got together.
Batches go through a window: four are under way, and for each that comes back another one starts, until the
error is small enough.

    seed -- spawn --> stream 0, 1, 2, ...
    window:  [ 1 ] [ 3 ] [ 4 ] [ 5 ]   -- wait: 3 is back -->   [ 1 ] [ 4 ] [ 5 ] [ 6 ]    counted: 0 2 3

The price. Which batches are back first depends on the machine, so `estimate_until` gives another estimate
each time. To count the first k batches whatever comes back first, one would have to wait for the slowest. At
most three batches are thrown for nothing.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import ray
import service

WINDOW = 4


def estimate_pi(n: int, tasks: int, seed: int) -> float:
    """Throw n darts in parts that differ by one at most, all started before the first is waited for."""
    parts = min(n, tasks)
    size, n_larger = divmod(n, parts)
    sizes = [size + 1] * n_larger + [size] * (parts - n_larger)
    streams = np.random.SeedSequence(seed).spawn(parts)
    hits = ray.get([throw.remote(stream, k) for stream, k in zip(streams, sizes, strict=True)])
    return 4 * sum(hits) / n


def estimate_until(tol: float, batch: int, seed: int, max_batches: int) -> dict[str, float]:
    """Throw batches, a few at a time, until those that are back are good enough."""
    streams = iter(np.random.SeedSequence(seed).spawn(max_batches))
    running = [throw.remote(stream, batch) for stream in islice(streams, WINDOW)]
    hits = throws = 0
    while running:
        done, running = ray.wait(running)
        hits += ray.get(done[0])
        throws += batch
        if service.error(hits, throws) <= tol:
            break
        running += [throw.remote(stream, batch) for stream in islice(streams, 1)]
    for ref in running:
        ray.cancel(ref)  # a task does not end because nobody has its ref any more
    return {"pi": 4 * hits / throws, "throws": throws}


@ray.remote
def throw(stream: np.random.SeedSequence, n: int) -> int:
    """Throw n darts with the stream that belongs to this part."""
    return service.throw(stream, n)
