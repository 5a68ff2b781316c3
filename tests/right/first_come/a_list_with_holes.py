"""Keeps a copy of the list and makes holes in it: whatever was yielded is None from then on.

Against the reference: no dict, and the places of a ref are searched for each time. That is as much work again
as `ray.wait` does with the pending refs."""

import time

import ray


def as_ready(refs, timeout=None):
    refs = list(refs)
    start_s = time.monotonic()
    while set(refs) - {None}:
        different = list(set(refs) - {None})
        if timeout is None:
            ready = ray.wait(different)[0]
        else:
            ready = ray.wait(different, timeout=max(0, start_s + timeout - time.monotonic()))[0]
        different = None
        if not ready:
            break
        try:
            value = ray.get(ready[0])
        except Exception as error:  # noqa: BLE001 - it is the result
            value = error
        for index in range(len(refs)):
            if refs[index] == ready[0]:
                refs[index] = None
                yield index, value
    for index in range(len(refs)):
        if refs[index] is not None:
            yield index, TimeoutError()
