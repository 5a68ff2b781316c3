"""Nightly credit scoring: wait for many records at once, move the model once.

The problem. For each id: fetch the record (40 ms of waiting), compute its features (10
microseconds) and score it (2 to 3 ms of CPU, reading a 16 MiB model).

The obvious program turns each step into a task and gets each result: 48 records take 48 x (40 + 3) ms
and more, because the driver asks for the next record only when it has the last. Submitting everything
first and getting the results at the end is half of the fix. These losses remain:

- Each call that takes the model as an argument copies it into the object store: 10 ms and 16 MiB a time.
- A one-CPU task that waits for the network keeps everyone else off that CPU: 4 CPUs, 4 fetches.
- A task costs about a millisecond, `features` a hundredth of that. Its result travels to the
  next task, and by way of the driver if the driver gets it first.
- A barrier between stages leaves the CPUs idle while records arrive, and then leaves the network idle.

The design. One task per CPU, each with a share of the ids. In the task, threads do the waiting
(they need no CPU), and the main thread, for which the CPU was reserved, scores whichever record
has arrived. The model is put once, and every task reads the same copy in shared memory. A record
travels to one worker, and a number travels back.

    ids 0 4 8 ..  -> score_chunk   threads: fetch fetch fetch ...   main thread: score score ...
    ids 1 5 9 ..  -> score_chunk
                     model: one copy in the object store, mapped by all

The price. A worker that dies takes its share with it: Ray runs the task again, and its records are
fetched a second time. The shares are fixed when the call starts, so a share of hard records would
finish last. For a million ids you would cut smaller shares, and more of them than there are CPUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
import ray
import service

FETCHES_PER_TASK = 16  # threads that wait; once the store is busy, more of them gain nothing


def score_all(record_ids: Sequence[int], model: np.ndarray) -> list[dict[str, Any]]:
    """Score every record.

    Args:
        record_ids: any number of ids, in any order.
        model: float64, shape `service.MODEL_SHAPE`.

    Returns:
        One dict per id, in order: ``{"id", "score"}``, or ``{"id", "error"}`` if there is no record.

    Raises:
        Exception: whatever the service raised other than `service.NotFound`.
    """
    if len(record_ids) == 0:
        return []
    n_tasks = min(len(record_ids), int(ray.cluster_resources()["CPU"]))
    model_ref = ray.put(model)  # once per call and never kept: the caller may change the array later
    shares = [record_ids[first::n_tasks] for first in range(n_tasks)]
    finished = ray.get([score_chunk.remote(share, model_ref) for share in shares])

    results: list[dict[str, Any]] = [{}] * len(record_ids)
    for first, chunk in enumerate(finished):
        results[first::n_tasks] = chunk
    return results


@ray.remote(num_cpus=1)
def score_chunk(record_ids: Sequence[int], model: np.ndarray) -> list[dict[str, Any]]:
    """Fetch in threads and score in the main one. If the worker dies, Ray runs the task again."""
    results: list[dict[str, Any]] = [{}] * len(record_ids)
    with ThreadPoolExecutor(min(len(record_ids), FETCHES_PER_TASK)) as threads:
        position_of = {
            threads.submit(fetch_features, record_id): position
            for position, record_id in enumerate(record_ids)
        }
        for fetched in as_completed(position_of):
            position = position_of[fetched]
            results[position] = result_of(record_ids[position], fetched, model)
    return results


def fetch_features(record_id: int) -> service.Features:
    """Do both in one place: the features are not worth a task, or a trip back to the driver."""
    return service.features(service.fetch(record_id))


def result_of(record_id: int, fetched: Future[service.Features], model: np.ndarray) -> dict[str, Any]:
    """Only "not found" becomes a result. Any other exception goes to the caller."""
    try:
        features = fetched.result()
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(features, model)}
