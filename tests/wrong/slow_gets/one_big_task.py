# rejected-by: test_workers_do_the_work
"""Believed that one task with many threads is enough: one process does it all, the other CPUs idle."""

from concurrent.futures import ThreadPoolExecutor

import ray
import service


def score_record(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


@ray.remote
def score_chunk(record_ids, model):
    with ThreadPoolExecutor(len(record_ids)) as threads:
        return list(threads.map(lambda i: score_record(i, model), record_ids))


def score_all(record_ids, model):
    if not record_ids:
        return []
    return ray.get(score_chunk.remote(record_ids, ray.put(model)))
