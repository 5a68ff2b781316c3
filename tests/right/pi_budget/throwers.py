"""Two actors throw everything, in a pool that gives each the next part as soon as it is free.

Streams are generators of NumPy's, children of one that has the seed. Against the reference: what is costly
to set up would be set up twice only; and stopping means killing the actors: a call runs to its end.
"""

from contextlib import contextmanager

import numpy as np
import ray
import service
from ray.util import ActorPool


@ray.remote
class Thrower:
    def throw(self, part):
        return service.throw(*part)


@contextmanager
def throwers():
    actors = [Thrower.remote() for _ in range(2)]
    try:
        yield ActorPool(actors)
    finally:
        for actor in actors:
            ray.kill(actor)


def throw(thrower, part):
    return thrower.throw.remote(part)


def estimate_pi(n, tasks, seed):
    parts = min(n, tasks)
    streams = np.random.default_rng(seed).spawn(parts)
    sizes = [n // parts + (k < n % parts) for k in range(parts)]
    with throwers() as pool:
        return 4 * sum(pool.map(throw, zip(streams, sizes, strict=True))) / n


def estimate_until(tol, batch, seed, max_batches):
    streams = iter(np.random.default_rng(seed).spawn(max_batches))
    hits = throws = 0
    with throwers() as pool:
        for stream in [next(streams) for _ in range(min(2, max_batches))]:
            pool.submit(throw, (stream, batch))
        while pool.has_next():
            hits, throws = hits + pool.get_next_unordered(), throws + batch
            if service.error(hits, throws) <= tol:
                break
            if (stream := next(streams, None)) is not None:
                pool.submit(throw, (stream, batch))
    return {"pi": 4 * hits / throws, "throws": throws}
