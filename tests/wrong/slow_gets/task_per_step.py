# rejected-by: test_few_tasks, test_speed
"""Believed that finer tasks are better: three per record, chained by references and never waited for."""

import ray
import service


@ray.remote(num_cpus=0.25)
def fetch(record_id):
    try:
        return service.fetch(record_id)
    except service.NotFound:
        return None


@ray.remote(num_cpus=0.25)
def compute_features(raw):
    return None if raw is None else service.features(raw)


@ray.remote(num_cpus=0.25)
def score(record_id, features, model):
    if features is None:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(features, model)}


def score_all(record_ids, model):
    model_ref = ray.put(model)
    return ray.get(
        [
            score.remote(record_id, compute_features.remote(fetch.remote(record_id)), model_ref)
            for record_id in record_ids
        ]
    )
