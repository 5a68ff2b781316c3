"""Cut the items into a few batches for each CPU, and store the function once.

The problem. A task costs about half a millisecond beside its work, however small that is. A task for each
item is all overhead, and one huge task has no overhead and uses one CPU.

The obvious program fixes the size of a batch. It is right for one kind of input: a few items share one task
and one CPU, and a million make thousands of tasks. And `fn` is an argument of each task, so all that it
carries is stored again for each.

The design. Fix the number of batches, not their size: eight for each CPU, as there are items. The overhead is
then the same for any number of items. If one batch takes long, the other CPUs take the others meanwhile.

    64 items, 2 CPUs:   16 batches of 4       CPU 0  [slow ...............]
    fn: one ref                               CPU 1  [ ][ ][ ][ ][ ][ ][ ][ ]

`fn` goes into the object store once; each task gets the ref and Ray hands the value to the function.

The price. Items behind a slow one in its batch wait, at most one in sixteen. All items are in the driver at
once; for an endless stream, take a window of batches. A failed batch is lost as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ray

BATCHES_PER_CPU = 8


@ray.remote
def apply(fn: Callable[[Any], Any], first: int, batch: list[Any]) -> list[Any]:
    """The results of one batch, whose first item has this place among all.

    Raises:
        RuntimeError: `fn` has raised; the text says for which item.
    """
    results = []
    for place, item in enumerate(batch, first):
        try:
            results.append(fn(item))
        except Exception as error:
            raise RuntimeError(f"item {place}: {type(error).__name__}: {error}") from error
    return results


def map_batched(fn: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """The results of `fn` for all items, in their order."""
    items = list(items)
    n_batches = BATCHES_PER_CPU * int(ray.cluster_resources()["CPU"])
    size = max(1, -(-len(items) // n_batches))  # rounded up, so that no item is left over
    shared = ray.put(fn)
    starts = range(0, len(items), size)
    refs = [apply.remote(shared, start, items[start : start + size]) for start in starts]
    return [result for results in ray.get(refs) for result in results]
