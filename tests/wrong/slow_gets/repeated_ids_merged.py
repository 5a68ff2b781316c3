# rejected-by: test_any_list_of_ids
"""Believed that a dict by id loses nothing: of an id that occurs twice one result is left."""

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
    n_chunks = min(len(record_ids), 4)
    model_ref = ray.put(model)
    refs = [score_chunk.remote(record_ids[k::n_chunks], model_ref) for k in range(n_chunks)]
    result_of = {result["id"]: result for chunk in ray.get(refs) for result in chunk}
    return [result_of[record_id] for record_id in dict.fromkeys(record_ids)]
