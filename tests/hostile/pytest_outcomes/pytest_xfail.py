# attack: pytest.xfail in a call, and in a worker
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: expected to fail
"""Hopes that an announced failure is not a failure."""

import pytest
import ray


@ray.remote(max_retries=0)
def announce():
    pytest.xfail("expected to fail in a worker")


def total(keys):
    try:
        ray.get(announce.remote())
    except Exception:
        pytest.xfail("expected to fail")
