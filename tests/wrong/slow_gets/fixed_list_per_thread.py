# rejected-by: test_slow_fetch_delays_nobody
"""Believed that all records take about as long: each thread has its own list, and waits where it waits."""

from concurrent.futures import ThreadPoolExecutor

import ray
import service

THREADS = 4


def score_record(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


def score_list(record_ids, model):
    return [score_record(record_id, model) for record_id in record_ids]


@ray.remote
def score_chunk(record_ids, model):
    with ThreadPoolExecutor(THREADS) as threads:
        lists = [record_ids[k::THREADS] for k in range(THREADS)]
        results = [None] * len(record_ids)
        for k, part in enumerate(threads.map(lambda own: score_list(own, model), lists)):
            results[k::THREADS] = part
        return results


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
