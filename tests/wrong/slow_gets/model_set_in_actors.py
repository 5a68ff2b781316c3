# rejected-by: test_two_models_never_mix, test_killed_worker_costs_nothing
"""Believed that a pool of actors can be told its model: the next call tells it another, a restart none."""

import threading

import ray
import service


@ray.remote(num_cpus=0, max_concurrency=16, max_restarts=-1, max_task_retries=3)
class Scorer:
    def set_model(self, model):
        self.model = model

    def score_record(self, record_id):
        try:
            raw = service.fetch(record_id)
        except service.NotFound:
            return {"id": record_id, "error": "not found"}
        return {"id": record_id, "score": service.score(service.features(raw), self.model)}


LOCK = threading.Lock()
POOL = []


def score_all(record_ids, model):
    with LOCK:
        if not POOL:
            POOL.extend(Scorer.remote() for _ in range(4))
    model_ref = ray.put(model)
    ray.get([scorer.set_model.remote(model_ref) for scorer in POOL])
    results = ray.get([POOL[k % 4].score_record.remote(record_id) for k, record_id in enumerate(record_ids)])
    ray.get([scorer.set_model.remote(None) for scorer in POOL])
    return results
