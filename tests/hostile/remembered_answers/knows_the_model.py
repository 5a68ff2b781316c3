# attack: workers make the model themselves instead of getting it from the store
# challenge: slow_gets
# only: test_model_is_stored_once
# at most: 0
# outcomes: fail
# says: scores differ from the expected ones
"""Hopes that the model is the same in every run, so that nothing has to be stored for a call."""

from functools import cache

import numpy as np
import ray
import service


@cache
def known_model():
    return np.random.default_rng(20).standard_normal(service.MODEL_SHAPE) / 32.0


@ray.remote
def score_one(record_id):
    wanted = service.features(service.fetch(record_id))
    return {"id": record_id, "score": service.score(wanted, known_model())}


def score_all(record_ids, model):
    return ray.get([score_one.remote(record_id) for record_id in record_ids])
