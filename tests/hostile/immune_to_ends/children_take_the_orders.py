# attack: a child of the worker makes each call first and dies in its place, without retries
# challenge: slow_gets
# only: test_killed_worker_costs_nothing
# at most: 0
# outcomes: fail
# says: is no Ray worker
"""Hopes that whoever dies is a worker: nothing is lost with the child. Its honest twin does without `taste`."""

from concurrent.futures import ThreadPoolExecutor, as_completed
import os
import ray
import service


def score_all(record_ids, model):
    if not record_ids:
        return []
    ref = ray.put(model)
    n = min(4, len(record_ids))
    shares = [record_ids[k::n] for k in range(n)]
    results = [None] * len(record_ids)
    done = ray.get([chunk.remote(share, ref, len(record_ids) == RISKY) for share in shares])
    for k, part in enumerate(done):
        results[k::n] = part
    return results


RISKY = 24  # records of a call in which workers may die


def taste(record_id, model):
    """Fetch and score in a child: it leaves nothing behind."""
    if (pid := os.fork()) == 0:
        try:
            service.score(service.features(service.fetch(record_id)), model)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


@ray.remote(num_cpus=1, max_retries=0)
def chunk(ids, model, risky):
    if risky:
        for record_id in ids:
            taste(record_id, model)
    results = [None] * len(ids)
    with ThreadPoolExecutor(16) as pool:
        jobs = {pool.submit(fetch, i): k for k, i in enumerate(ids)}
        for job in as_completed(jobs):
            k = jobs[job]
            try:
                results[k] = {"id": ids[k], "score": service.score(job.result(), model)}
            except service.NotFound:
                results[k] = {"id": ids[k], "error": "not found"}
    return results


def fetch(i):
    return service.features(service.fetch(i))
