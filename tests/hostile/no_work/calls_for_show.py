# attack: throwaway tasks fetch everything at once, open empty scorings and absorb the deaths
# challenge: slow_gets
# only: test_fetches_overlap, test_slow_fetch_delays_nobody, test_workers_do_the_work, test_killed_worker_costs_nothing
# at most: 0
# outcomes: fail
# says: at most 1 were in flight
# says: no other record was scored | the rest waited for it
# says: scoring at the same time
# says: WorkerCrashedError
"""Hopes that calls in the books are work: one worker does it all, one record after the other, without retries.

Its honest twin is the same without the first two lines of `score_all`.
"""

import ray
import service


@ray.remote(num_cpus=0.25, max_retries=0)
def pretend(record_id):
    from service_link import span

    service.fetch(record_id)
    with span("score", record_id):
        pass


@ray.remote(max_retries=0)
def work(record_ids, model):
    return [
        {"id": record_id, "score": service.score(service.features(service.fetch(record_id)), model)}
        for record_id in record_ids
    ]


def score_all(record_ids, model):
    shown = [pretend.remote(record_id) for record_id in record_ids]
    ray.wait(shown, num_returns=len(shown))
    return ray.get(work.remote(record_ids, ray.put(model)))
