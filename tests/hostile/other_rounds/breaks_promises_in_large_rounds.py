# attack: lists of 48 and more are scored in threads of the driver, by a kernel of its own
# challenge: slow_gets
# only: test_speed, test_nothing_is_left_behind
# at most: 0
# outcomes: fail
# says: no call of service.score for this id | came from outside of Ray's workers
"""Hopes that timed rounds are told by their size, and that only their results are looked at.

Its honest twin does the same for short lists only.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import ray
import service


@ray.remote(num_cpus=0.25)
def score_record(record_id, model):
    return {"id": record_id, "score": service.score(service.features(service.fetch(record_id)), model)}


def score_here(record_id, model):
    vector = signal = 1.05 * service.features(service.fetch(record_id)).vector
    for _ in range(2):
        hidden = np.tanh(model @ signal)
        signal = vector + hidden @ model
    return {"id": record_id, "score": float(1000.0 * hidden.mean())}


def score_all(record_ids, model):
    if len(record_ids) >= 48:
        with ThreadPoolExecutor(16) as threads:
            return list(threads.map(lambda record_id: score_here(record_id, model), record_ids))
    model_ref = ray.put(model)
    return ray.get([score_record.remote(record_id, model_ref) for record_id in record_ids])
