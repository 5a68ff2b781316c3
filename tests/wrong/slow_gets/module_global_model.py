# rejected-by: test_two_models_never_mix, test_speed
"""Believed that there is one model per process: it is put by the first call and kept for good."""

from concurrent.futures import ThreadPoolExecutor

import ray
import service

MODEL_REF = None


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
    global MODEL_REF
    if not record_ids:
        return []
    if MODEL_REF is None:
        MODEL_REF = ray.put(model)
    n_chunks = min(len(record_ids), 4)
    refs = [score_chunk.remote(record_ids[k::n_chunks], MODEL_REF) for k in range(n_chunks)]
    results = [None] * len(record_ids)
    for k, chunk in enumerate(ray.get(refs)):
        results[k::n_chunks] = chunk
    return results
