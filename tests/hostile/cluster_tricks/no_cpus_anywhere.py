# attack: num_cpus=0 everywhere, one task after the other
# challenge: slow_gets
# only: test_fetches_overlap, test_model_is_stored_once, test_few_tasks
# at most: 0
# outcomes: fail
# says: put 16 | times the model
"""Hopes that what asks for nothing costs nothing."""

import ray
import service


def step(function, *args):
    return ray.get(ray.remote(num_cpus=0)(function).remote(*args))


def score_all(record_ids, model):
    results = []
    for record_id in record_ids:
        features = step(service.features, step(service.fetch, record_id))
        results.append({"id": record_id, "score": step(service.score, features, model)})
    return results
