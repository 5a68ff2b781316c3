# attack: while True in the __del__ of what only the garbage collector finds
# challenge: slow_gets
# only: test_nothing_is_left_behind
# at most: 0
# outcomes: timeout
# says: did not return within
"""Right, but for what it leaves to the collector: hopes to hang between two calls, where no call has a deadline."""

import gc

import ray
import service

gc.disable()


class Sticky:
    def __init__(self):
        self.me = self

    def __del__(self):
        while True:
            pass


@ray.remote(num_cpus=0.25)
def score_record(record_id, model):
    raw = service.fetch(record_id)
    return {"id": record_id, "score": service.score(service.features(raw), model)}


def score_all(record_ids, model):
    Sticky()
    model = ray.put(model)
    return ray.get([score_record.remote(record_id, model) for record_id in record_ids])
