"""Estimates pi with darts, on Ray workers."""

from __future__ import annotations

import ray
import service


@ray.remote
def throw(seed: int, n: int) -> int:
    return service.throw(seed, n)


def estimate_pi(n: int, tasks: int, seed: int) -> float:
    """Throw n darts in parts."""
    hits = 0
    for _ in range(tasks):
        hits += ray.get(throw.remote(seed, n // tasks))
    return 4 * hits / (n // tasks * tasks)


def estimate_until(tol: float, batch: int, seed: int, max_batches: int) -> dict[str, float]:
    """Throw batches until the estimate is good enough."""
    running = [throw.remote(seed, batch) for _ in range(max_batches)]
    hits = throws = 0
    while running:
        done, running = ray.wait(running)
        hits += ray.get(done[0])
        throws += batch
        if service.error(hits, throws) <= tol:
            break
    return {"pi": 4 * hits / throws, "throws": throws}
