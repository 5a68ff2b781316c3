# rejected-by: test_killed_worker_costs_nothing
"""Believed that a record must never be fetched twice: a lost worker now loses the call."""

from concurrent.futures import ThreadPoolExecutor

import ray
import service


def score_record(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


@ray.remote(max_retries=0)
def score_chunk(record_ids, model):
    with ThreadPoolExecutor(len(record_ids)) as threads:
        return list(threads.map(lambda i: score_record(i, model), record_ids))


def score_all(record_ids, model):
    if not record_ids:
        return []
    n_chunks = min(len(record_ids), 4)
    model_ref = ray.put(model)
    refs = [score_chunk.remote(record_ids[k::n_chunks], model_ref) for k in range(n_chunks)]
    results = [None] * len(record_ids)
    for k, chunk in enumerate(ray.get(refs)):
        results[k::n_chunks] = chunk
    return results
