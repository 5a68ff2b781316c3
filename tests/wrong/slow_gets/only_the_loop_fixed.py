# rejected-by: test_model_is_stored_once, test_fetches_overlap, test_slow_fetch_delays_nobody, test_few_tasks, test_speed
"""Fixes nothing but the `ray.get` in the loop: whole-CPU tasks, stage after stage, and a copy of the model each."""

import ray
import service


@ray.remote
def fetch(record_id):
    try:
        return service.fetch(record_id)
    except service.NotFound:
        return None


@ray.remote
def compute_features(raw):
    return service.features(raw)


@ray.remote
def score(features, model):
    return service.score(features, model)


def score_all(record_ids, model):
    raws = ray.get([fetch.remote(record_id) for record_id in record_ids])
    found = [raw for raw in raws if raw is not None]
    features = ray.get([compute_features.remote(raw) for raw in found])
    scores = iter(ray.get([score.remote(wanted, model) for wanted in features]))
    return [
        {"id": record_id, "error": "not found"} if raw is None else {"id": record_id, "score": next(scores)}
        for record_id, raw in zip(record_ids, raws)
    ]
