# rejected-by: test_model_is_stored_once, test_speed
"""Believed that `ray.put` shares the model, and put it where the task is submitted: once per record."""

import ray
import service


@ray.remote(num_cpus=0.5)
def score_record(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


def score_all(record_ids, model):
    refs = []
    for record_id in record_ids:
        model_ref = ray.put(model)
        refs.append(score_record.remote(record_id, model_ref))
    return ray.get(refs)
