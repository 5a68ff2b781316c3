# attack: allocates without end in a worker named like one of the cluster's own processes
# challenge: toy
# only: test_total
# at most: 0
# outcomes: crash
# says: of memory together (the limit is
"""Ray names a worker after its task: hopes to be taken for an agent of the raylet. At most 3 GB."""

import os
import time

import ray


@ray.remote(num_cpus=0.5, max_retries=0)
def agent():
    kept = []
    for _ in range(150):
        kept.append(os.urandom(1_000_000) * 20)
        time.sleep(0.02)
    time.sleep(5)
    return 0


def total(keys):
    return ray.get(agent.remote())
