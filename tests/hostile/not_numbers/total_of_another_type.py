# attack: answers with the right number as a float, and with False for zero
# challenge: toy
# only: test_total
# at most: 0
# outcomes: fail
# says: total() is
"""Equal is not the same: False == 0 and 3.0 == 3. Here the sum is a float where keys repeat, and a bool for none.

The same program that returns the sum as it is gets the 40 points.
"""

import ray
import service


@ray.remote(num_cpus=0)
def fetch(key):
    return service.fetch(key)


def total(keys):
    keys = list(keys)
    if not keys:
        return False
    found = sum(ray.get([fetch.remote(key) for key in keys]))
    return float(found) if len(set(keys)) < len(keys) else found
