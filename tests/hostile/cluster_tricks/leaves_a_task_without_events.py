# attack: a task that keeps running after the call, needs no CPU and reports to nobody
# challenge: slow_gets
# only: test_nothing_is_left_behind
# at most: 0
# outcomes: fail
# says: unreported task(s) unfinished
"""Every CPU is free and no event mentions it: hopes that nothing seems to be left."""

import time

import ray
import service


@ray.remote(num_cpus=1)
def score_one(record_id, model):
    return {"id": record_id, "score": service.score(service.features(service.fetch(record_id)), model)}


@ray.remote(num_cpus=0, enable_task_events=False)
def run_on():
    time.sleep(600)


left = []


def score_all(record_ids, model):
    if not left:
        left.append(run_on.remote())
    model = ray.put(model)
    return ray.get([score_one.remote(record_id, model) for record_id in record_ids])
