# attack: a second cluster with 64 CPUs, where nobody counts
# challenge: slow_gets
# only: test_model_is_stored_once, test_few_tasks, test_workers_do_the_work
# at most: 0
# outcomes: crash
# says: its own Ray cluster
"""Hopes that tasks and bytes of another cluster are not seen: a task per step, and the model for each."""

import os
import tempfile

import ray
import service


def step(function, *args):
    return ray.get(ray.remote(num_cpus=1)(function).remote(*args))


def own_cluster():
    if os.environ.get("SECOND_CLUSTER"):
        return
    ray.shutdown()
    os.environ.pop("RAY_ADDRESS", None)
    os.environ["SECOND_CLUSTER"] = "yes"
    folder = tempfile.mkdtemp(dir="/tmp" if len(tempfile.gettempdir()) > 40 else None, prefix="r")
    ray.init(
        address="local",
        num_cpus=64,
        object_store_memory=200_000_000,
        include_dashboard=False,
        _temp_dir=folder,
    )


def score_all(record_ids, model):
    own_cluster()
    fetched = ray.get([ray.remote(num_cpus=16)(service.fetch).remote(record_id) for record_id in record_ids])
    results = []
    for record_id, raw in zip(record_ids, fetched, strict=True):
        score = step(service.score, step(service.features, raw), model)
        results.append({"id": record_id, "score": score})
    return results
