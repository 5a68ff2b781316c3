"""Add up numbers from a slow store: wait for all of them at once.

The problem. A fetch is 50 ms of waiting. A program that gets each number before it asks for the next one
waits 50 ms for each key, on any number of CPUs. Tasks that reserve a whole CPU each are not much better:
on 2 CPUs, 2 of them wait at a time.

The design. One task per CPU, each with a share of the keys. In the task, threads do the waiting, which takes
no CPU. A task sends one number back: the sum of its share.

    keys 0 2 4 ..  -> share_total   threads: fetch fetch fetch ..
    keys 1 3 5 ..  -> share_total   threads: fetch fetch fetch ..

The price. A worker that dies takes its share with it: Ray runs the task again, and all of its numbers are
fetched a second time. The shares are fixed when the call starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import ray
import service

THREADS = 8  # fetches that wait at the same time, in each task


def total(keys: Iterable[int]) -> int:
    """Add up the numbers of all keys.

    Args:
        keys: any number of keys, in any order; one that occurs twice counts twice.
    """
    keys = list(keys)
    n_shares = min(len(keys), int(ray.cluster_resources()["CPU"]))
    shares = [keys[first::n_shares] for first in range(n_shares)]
    return sum(ray.get([share_total.remote(share) for share in shares]))


@ray.remote
def share_total(keys: Sequence[int]) -> int:
    """Fetch in threads and add. If the worker dies, Ray runs the task again: reading twice does no harm."""
    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(service.fetch, keys))
