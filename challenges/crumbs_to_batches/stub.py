"""A map that runs in Ray tasks. A task for each item was slow, so a task takes a hundred of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ray

BATCH = 100


@ray.remote
def apply(fn: Callable[[Any], Any], batch: list[Any]) -> list[Any]:
    return [fn(item) for item in batch]


def map_batched(fn: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """The results of `fn` for all items, in their order."""
    refs = []
    for start in range(0, len(items), BATCH):
        refs.append(apply.remote(fn, items[start : start + BATCH]))
    results = []
    for ref in refs:
        results.extend(ray.get(ref))
    return results
