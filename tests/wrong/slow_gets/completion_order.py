# rejected-by: test_results_keep_input_order
"""Believed that results may be collected as they come: quick records overtake slow ones."""

from concurrent.futures import ThreadPoolExecutor, as_completed

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
        running = [threads.submit(score_record, record_id, model) for record_id in record_ids]
        return [done.result() for done in as_completed(running)]


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
