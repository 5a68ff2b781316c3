# rejected-by: test_two_models_never_mix
"""Believed that the same array object holds the same model: one put per array, dropped with the array."""

import weakref
from concurrent.futures import ThreadPoolExecutor

import ray
import service

MODEL_REFS = {}


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


def shared(model):
    key = id(model)
    if key not in MODEL_REFS:
        MODEL_REFS[key] = ray.put(model)
        weakref.finalize(model, MODEL_REFS.pop, key, None)
    return MODEL_REFS[key]


def score_all(record_ids, model):
    if not record_ids:
        return []
    n_chunks = min(len(record_ids), 4)
    model_ref = shared(model)
    refs = [score_chunk.remote(record_ids[k::n_chunks], model_ref) for k in range(n_chunks)]
    results = [None] * len(record_ids)
    for k, chunk in enumerate(ray.get(refs)):
        results[k::n_chunks] = chunk
    return results
