# rejected-by: test_first_come, test_errors, test_time_is_up, test_one_time_for_all, test_lets_go
"""Gets the whole list and yields from it: nothing is shown until all have answered, and one error is everybody's."""

import ray


def as_ready(refs, timeout=None):
    yield from enumerate(ray.get(list(refs), timeout=timeout))
