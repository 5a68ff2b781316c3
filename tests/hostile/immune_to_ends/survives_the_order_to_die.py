# attack: an actor that cannot be restarted, and in whose process nothing can send a signal
# challenge: slow_gets
# only: test_killed_worker_costs_nothing
# at most: 0
# outcomes: fail
# says: ActorDiedError
"""A worker that is told to die has to do so itself: hopes that it can be kept from it."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import ray
import service


@ray.remote(max_restarts=0)
class Scorer:
    def __init__(self):
        for name in ("kill", "killpg", "_exit", "abort"):
            setattr(os, name, lambda *_: None)
        signal.raise_signal = lambda *_: None

    def score_all(self, record_ids, model):
        def score_one(record_id):
            try:
                raw = service.fetch(record_id)
            except service.NotFound:
                return {"id": record_id, "error": "not found"}
            return {"id": record_id, "score": service.score(service.features(raw), model)}

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(score_one, record_ids))


def score_all(record_ids, model):
    return ray.get(Scorer.remote().score_all.remote(record_ids, model))
