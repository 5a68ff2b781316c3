# attack: retries the two records of a list in whose calls workers used to die, and no other
# challenge: slow_gets
# only: test_killed_worker_costs_nothing
# at most: 0
# outcomes: fail
# says: WorkerCrashedError
"""Hopes that faults come where they came last time. Its honest twin retries none."""

import ray
import service


def work(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


@ray.remote(num_cpus=0.25, max_retries=0)
def one(record_id, model):
    return work(record_id, model)


def score_all(record_ids, model):
    ref = ray.put(model)
    return ray.get(
        [
            one.options(max_retries=3 if k in STRUCK and len(record_ids) == 24 else 0).remote(i, ref)
            for k, i in enumerate(record_ids)
        ]
    )


STRUCK = (3, 14)
