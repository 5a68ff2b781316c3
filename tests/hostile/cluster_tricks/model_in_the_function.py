# attack: has the model travel with a function that is defined anew in each call
# challenge: slow_gets
# only: test_nothing_is_left_behind
# at most: 0
# outcomes: fail
# says: copies are kept
"""Nothing is put into the object store; GCS and workers keep each function for good. Hopes that nobody looks there.

Its honest twin hands the model to the task, by value.
"""

from concurrent.futures import ThreadPoolExecutor, as_completed
import ray
import service


def score_all(record_ids, model):
    if not record_ids:
        return []
    own = model.copy()

    @ray.remote(num_cpus=1)
    def chunk(ids):
        def fetch(i):
            return service.features(service.fetch(i))

        results = [None] * len(ids)
        with ThreadPoolExecutor(16) as pool:
            jobs = {pool.submit(fetch, i): k for k, i in enumerate(ids)}
            for job in as_completed(jobs):
                k = jobs[job]
                try:
                    results[k] = {"id": ids[k], "score": service.score(job.result(), own)}
                except service.NotFound:
                    results[k] = {"id": ids[k], "error": "not found"}
        return results

    n = min(4, len(record_ids))
    results = [None] * len(record_ids)
    for k, part in enumerate(ray.get([chunk.remote(record_ids[k::n]) for k in range(n)])):
        results[k::n] = part
    return results
