"""Takes all that are ready at once, and waits for one only when there is none.

Against the reference: with thousands of ready refs there are few calls of `ray.wait`, but everything that was
ready at the same time is yielded in the order of the list, and more code decides when to wait."""

import time

import ray


def outcome(ref):
    try:
        return ray.get(ref)
    except Exception as error:  # noqa: BLE001 - it is the result
        return error


def as_ready(refs, timeout=None):
    start_s = time.monotonic()
    waiting = list(enumerate(refs))
    refs = None
    while waiting:
        different = list({ref for _, ref in waiting})
        ready, _ = ray.wait(different, num_returns=len(different), timeout=0)
        if not ready:
            left_s = None if timeout is None else max(0.0, start_s + timeout - time.monotonic())
            ready, _ = ray.wait(different, timeout=left_s)
        if not ready:
            break
        del different, _
        ready = set(ready)
        batch = [index for index, ref in waiting if ref in ready]
        by_index = {index: ref for index, ref in waiting if ref in ready}
        waiting = [(index, ref) for index, ref in waiting if index not in by_index]
        del ready
        for index in batch:
            yield index, outcome(by_index.pop(index))
    for index, _ in waiting:
        yield index, TimeoutError()
