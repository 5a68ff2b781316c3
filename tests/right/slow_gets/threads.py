"""One task per CPU; in each task, threads that take a record all the way from fetch to score.

The threads wait for the store side by side and share one copy of the model. NumPy releases the interpreter
lock in `@`, so they score in parallel as well, and no thread has to hand its record to another.
Against the reference: the code is simpler, but a task that reserved one CPU may use several while it scores.
"""

from concurrent.futures import ThreadPoolExecutor

import ray
import service

THREADS = 16


def score_record(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


@ray.remote
def score_chunk(record_ids, model):
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda i: score_record(i, model), record_ids))


def score_all(record_ids, model):
    if not record_ids:
        return []
    n_chunks = min(len(record_ids), 4)  # one per CPU
    model_ref = ray.put(model)
    refs = [score_chunk.remote(record_ids[k::n_chunks], model_ref) for k in range(n_chunks)]
    results = [None] * len(record_ids)
    for k, chunk in enumerate(ray.get(refs)):
        results[k::n_chunks] = chunk
    return results
