# attack: answers with the right number as a float, and with False for zero
# challenge: toy
# only: test_total, test_overlap
# at most: 20
# outcomes: fail, pass
# says: total() is
"""Equal is not the same: False == 0 and 3.0 == 3. Here the sum is a float where keys repeat, and a bool for none.

The same program without the two lines before the last passes both.
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
