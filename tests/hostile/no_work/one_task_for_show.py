# attack: one Ray task for show, while threads of the driver do the work
# challenge: slow_gets
# at most: 29
# outcomes: pass, fail, crash
# says: came from outside of Ray's workers
"""Hopes that a task that was seen is a task that worked: it may earn what results alone are worth."""

from concurrent.futures import ThreadPoolExecutor

import ray
import service


@ray.remote
def show():
    return None


def score(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


def score_all(record_ids, model):
    shown = [show.remote() for _ in record_ids]
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda record_id: score(record_id, model), record_ids))
    ray.get(shown)
    return results
