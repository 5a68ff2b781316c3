# rejected-by: test_few_tasks, test_speed
"""Assumes that finer tasks are better: four per record, chained by references, and each step pays for a task."""

import ray
import service


@ray.remote(num_cpus=0.5)
def fetch(record_id):
    try:
        return service.fetch(record_id)
    except service.NotFound:
        return None


@ray.remote(num_cpus=0.5)
def compute_features(raw):
    return None if raw is None else service.features(raw)


@ray.remote(num_cpus=1)
def score(features, model):
    return None if features is None else service.score(features, model)


@ray.remote(num_cpus=0.5)
def as_result(record_id, value):
    if value is None:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": value}


def score_all(record_ids, model):
    model_ref = ray.put(model)
    results = []
    for record_id in record_ids:
        features = compute_features.remote(fetch.remote(record_id))
        results.append(as_result.remote(record_id, score.remote(features, model_ref)))
    return ray.get(results)
