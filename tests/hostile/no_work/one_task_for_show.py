# attack: one Ray task for show, while threads of the driver do the work
# challenge: slow_gets
# only: test_workers_do_the_work, test_killed_worker_costs_nothing
# at most: 0
# outcomes: fail, crash
# says: came from outside of Ray's workers
"""Hopes that a task that was seen is a task that worked."""

from concurrent.futures import ThreadPoolExecutor

import ray
import service


@ray.remote
def show():
    return None


def score(record_id, model):
    return {"id": record_id, "score": service.score(service.features(service.fetch(record_id)), model)}


def score_all(record_ids, model):
    shown = [show.remote() for _ in record_ids]
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda record_id: score(record_id, model), record_ids))
    ray.get(shown)
    return results
