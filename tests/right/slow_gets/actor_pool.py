"""A fixed pool of four threaded actors that serves every call; one actor call per record.

Only the first call pays for starting processes. The model's reference goes with each actor call and is
never kept, so calls that share the pool cannot mix up their models. When an actor dies, Ray restarts it and
repeats the calls that it was running.
Against the reference: four processes stay for good, and 48 records make 48 calls instead of 4 tasks.
"""

import threading

import ray
import service


@ray.remote(num_cpus=0, max_concurrency=16, max_restarts=-1, max_task_retries=3)
class Scorer:
    def score_record(self, record_id, model):
        try:
            raw = service.fetch(record_id)
        except service.NotFound:
            return {"id": record_id, "error": "not found"}
        return {"id": record_id, "score": service.score(service.features(raw), model)}


LOCK = threading.Lock()
POOL = []


def score_all(record_ids, model):
    with LOCK:
        if not POOL:
            POOL.extend(Scorer.remote() for _ in range(4))
    model_ref = ray.put(model)
    calls = [POOL[k % 4].score_record.remote(record_id, model_ref) for k, record_id in enumerate(record_ids)]
    return ray.get(calls)
