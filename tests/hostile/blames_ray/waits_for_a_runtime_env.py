# attack: asks for workers with a runtime_env whose Python never starts
# challenge: slow_gets
# only: test_few_tasks
# at most: 0
# outcomes: timeout
# says: runtime_env
# sample: no
"""All that the tasks ask for is free, and Ray starts no worker: hopes that Ray is blamed for it."""

import ray
import service


@ray.remote(num_cpus=0.25, runtime_env={"py_executable": "sh -c 'sleep 600'"})
def score_one(record_id, model):
    return {"id": record_id, "score": service.score(service.features(service.fetch(record_id)), model)}


def score_all(record_ids, model):
    model = ray.put(model)
    return ray.get([score_one.remote(record_id, model) for record_id in record_ids])
