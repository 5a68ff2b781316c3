"""Nightly credit scoring: wait for many records at once, move the model once.

The problem. For each id: fetch the record (40 ms of waiting), compute its features (10
microseconds) and score it (2 to 3 ms of CPU, reading a 16 MiB model).

The obvious program makes each step a task and gets each result: 48 records take 48 x (40 + 3) ms
and more, because the driver asks for the next only when it has the last. Submitting everything
first and getting at the end is half of the cure. What is left:

- The model as an argument is copied into the object store by each call: 10 ms and 16 MiB a time.
- A task of one CPU that waits for the network keeps that CPU from everybody: 4 CPUs, 4 fetches.
- A task costs about a millisecond, `features` a hundredth of that. What it returns travels to the
  next task, by way of the driver if the driver gets it first.
- A barrier between stages leaves the CPUs idle while records arrive, and then the network.

The design. One task per CPU, each with a share of the ids. In the task, threads do the waiting
(they need no CPU), and the main thread, which has the CPU that was reserved, scores whichever
record has arrived. The model is put once; every task reads the same copy in shared memory. A record
travels to one worker, and a number travels back.

    ids 0 4 8 ..  -> score_chunk   threads: fetch fetch fetch ...   main thread: score score ...
    ids 1 5 9 ..  -> score_chunk
                     model: one copy in the object store, mapped by all

The price. A worker that dies takes its share along: Ray runs the task again, and its records are
fetched a second time. The shares are fixed when the call starts, so a share of hard records would
finish last. And with a million ids one would cut more, smaller shares than there are CPUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
import ray
import service

FETCHES_PER_TASK = 16  # threads that wait; more than the store serves at a time gains nothing


def score_all(record_ids: Sequence[int], model: np.ndarray) -> list[dict[str, Any]]:
    """Score every record.

    Args:
        record_ids: ids of the records, in any number and order.
        model: float64, shape `service.MODEL_SHAPE`.

    Returns:
        One dict per id, in order: ``{"id", "score"}``, or ``{"id", "error"}`` without a record.

    Raises:
        Exception: whatever else than `service.NotFound` the service raised.
    """
    if len(record_ids) == 0:
        return []
    n_tasks = min(len(record_ids), int(ray.cluster_resources()["CPU"]))
    model_ref = ray.put(model)  # once per call, never kept: the caller may change its array later
    shares = [record_ids[first::n_tasks] for first in range(n_tasks)]
    finished = ray.get([score_chunk.remote(share, model_ref) for share in shares])

    results: list[dict[str, Any]] = [{}] * len(record_ids)
    for first, chunk in enumerate(finished):
        results[first::n_tasks] = chunk
    return results


@ray.remote(num_cpus=1)
def score_chunk(record_ids: Sequence[int], model: np.ndarray) -> list[dict[str, Any]]:
    """Fetch in threads, score in this one. If the worker dies, Ray runs the task again."""
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
    """Both in one place: the features are not worth a task, nor a way back to the driver."""
    return service.features(service.fetch(record_id))


def result_of(record_id: int, fetched: Future[service.Features], model: np.ndarray) -> dict[str, Any]:
    """Only "not found" becomes a result; any other exception is the caller's to see."""
    try:
        features = fetched.result()
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(features, model)}
