# rejected-by: test_nothing_is_left_behind
"""Believed that a reference costs nothing: what every call fetched stays in the object store."""

import numpy as np
from concurrent.futures import ThreadPoolExecutor

import ray
import service

AUDIT = []


def score_and_keep(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}, None
    features = service.features(raw)
    result = {"id": record_id, "score": service.score(features, model)}
    return result, np.stack([raw["history"], features.vector])


@ray.remote(num_returns=2)
def score_chunk(record_ids, model):
    with ThreadPoolExecutor(len(record_ids)) as threads:
        pairs = list(threads.map(lambda i: score_and_keep(i, model), record_ids))
    return [result for result, _ in pairs], [seen for _, seen in pairs]


def score_all(record_ids, model):
    if not record_ids:
        return []
    n_chunks = min(len(record_ids), 4)
    model_ref = ray.put(model)
    refs = [score_chunk.remote(record_ids[k::n_chunks], model_ref) for k in range(n_chunks)]
    AUDIT.extend(seen for _, seen in refs)
    results = [None] * len(record_ids)
    for k, chunk in enumerate(ray.get([chunk for chunk, _ in refs])):
        results[k::n_chunks] = chunk
    return results
