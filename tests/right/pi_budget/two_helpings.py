"""As many tasks as CPUs: each throws several parts. Batches go two at a time.

Streams are made where they are used, from the seed and the part's number. Against the reference: two tasks
instead of one for each part, which matters when parts are small; but a slow part holds up those behind it.
"""

import numpy as np
import ray
import service


def stream_of(seed, number):
    return np.random.SeedSequence(seed, spawn_key=(number,))


@ray.remote
def throw_parts(seed, parts):
    return sum(service.throw(stream_of(seed, number), n) for number, n in parts)


def estimate_pi(n, tasks, seed):
    sizes = [len(part) for part in np.array_split(range(n), min(n, tasks))]
    parts = list(enumerate(sizes))
    shares = [parts[0::2], parts[1::2]]
    return 4 * sum(ray.get([throw_parts.remote(seed, share) for share in shares])) / n


def estimate_until(tol, batch, seed, max_batches):
    running, started, hits, throws = [], 0, 0, 0
    while True:
        while len(running) < 2 and started < max_batches:
            running.append(throw_parts.remote(seed, [(started, batch)]))
            started += 1
        if not running:
            break
        done, running = ray.wait(running, num_returns=1)
        hits, throws = hits + ray.get(done[0]), throws + batch
        if service.error(hits, throws) <= tol:
            break
    for ref in running:
        ray.cancel(ref)
    return {"pi": 4 * hits / throws, "throws": throws}
