# attack: makes by hand the calls that the judge's books should show, and works nothing out
# challenge: slow_gets
# only: test_fetches_overlap, test_slow_fetch_delays_nobody, test_workers_do_the_work, test_few_tasks
# at most: 0
# outcomes: fail
# says: scores differ
"""Hopes that overlapping calls in the books are enough, whatever the scores."""

import threading

import ray
import service


@ray.remote(num_cpus=1)
def pretend(record_ids):
    from service_link import span

    def one(record_id):
        service.fetch(record_id)
        with span("score", record_id):
            pass

    threads = [threading.Thread(target=one, args=(record_id,)) for record_id in record_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def score_all(record_ids, model):
    ray.get([pretend.remote(record_ids[first::4]) for first in range(4)])
    return [{"id": record_id, "score": 0.0} for record_id in record_ids]
