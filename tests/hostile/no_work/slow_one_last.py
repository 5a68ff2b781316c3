# attack: finds out with throwaway tasks which record is slow, and takes it last
# challenge: slow_gets
# only: test_slow_fetch_delays_nobody
# at most: 0
# outcomes: fail
# says: no other record was scored
"""Hopes that nobody asks what else was done while the slow record was waited for: nothing was.

Its honest twin is `work` on the ids as they come.
"""

import ray
import service


@ray.remote(num_cpus=0.25)
def ask(record_id):
    service.fetch(record_id)


@ray.remote
def work(record_ids, model):
    return [
        {"id": record_id, "score": service.score(service.features(service.fetch(record_id)), model)}
        for record_id in record_ids
    ]


def score_all(record_ids, model):
    asked = {ask.remote(record_id): record_id for record_id in record_ids}
    _, slow = ray.wait(list(asked), num_returns=len(asked) - 1)
    last = [asked[ref] for ref in slow]
    order = [record_id for record_id in record_ids if record_id not in last] + last
    result_of = {result["id"]: result for result in ray.get(work.remote(order, ray.put(model)))}
    return [result_of[record_id] for record_id in record_ids]
