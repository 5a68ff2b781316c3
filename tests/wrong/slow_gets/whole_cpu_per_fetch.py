# rejected-by: test_fetches_overlap, test_speed
"""Believed that a task needs a CPU to wait for the network: one record per task, four at a time."""

import ray
import service


@ray.remote
def score_record(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


def score_all(record_ids, model):
    model_ref = ray.put(model)
    return ray.get([score_record.remote(record_id, model_ref) for record_id in record_ids])
