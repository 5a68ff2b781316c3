# attack: fills the object store, and the disk that it spills to
# challenge: toy
# only: test_total
# at most: 0
# outcomes: fail, crash
# says: the total of | the limit is
"""Hopes that the next behaviour finds no room. At most 1.5 GB in a store of 100 MB."""

import numpy as np
import ray

kept = []


def total(keys):
    for number in range(75):
        kept.append(ray.put(np.full(20_000_000, number, dtype=np.uint8)))
    return 0
