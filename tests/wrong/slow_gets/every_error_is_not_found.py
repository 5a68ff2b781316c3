# rejected-by: test_other_errors_are_raised
"""Believed that whatever goes wrong in a fetch means "not found": an outage becomes a wrong answer."""

from concurrent.futures import ThreadPoolExecutor

import ray
import service


def score_record(record_id, model):
    try:
        raw = service.fetch(record_id)
        return {"id": record_id, "score": service.score(service.features(raw), model)}
    except Exception:
        return {"id": record_id, "error": "not found"}


@ray.remote
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
