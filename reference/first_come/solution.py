"""Yield results in the order in which they are ready.

The problem. A list of refs says nothing about which value is there first. Whoever gets them in the order of
the list waits for the first one while the others lie ready, and an error ends the loop for all that follow.

The obvious program is `for ref in refs: yield ray.get(ref)`. It gives right results, and is as slow as the
slowest task on top of the list, each time. `ray.util.as_completed` looks like the answer, but waits for ten
results at a time unless told otherwise, does not say which is which, and raises the first error.

The design. A dict knows the places of each ref. As long as it is not empty, `ray.wait` says which ref is
ready; it leaves the dict, and `ray.get` gives its value or raises its error without waiting.

    places  {a: [0, 3], b: [1], c: [2]}  -- ray.wait -->  b  -- ray.get -->  yield 1, value
            {a: [0, 3], c: [2]}          -- ray.wait -->  ...

Popping it from the dict is also what frees the result: no variable names its ref any more by the next pair.

The price. Each `ray.wait` looks at all refs that are pending: n results cost n * n / 2 looks. With some
thousands that are ready at once, ask for many (`num_returns=len(places), timeout=0`) before asking for one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import ray
from ray import ObjectRef


def as_ready(refs: Sequence[ObjectRef], timeout: float | None = None) -> Iterator[tuple[int, Any]]:
    """Yield the place and the value, or the error, of each ref as soon as it is ready."""
    ends_s = None if timeout is None else time.monotonic() + timeout
    places = places_of(refs)
    del refs  # the caller may have dropped its list; this name would keep every result
    while places:
        left_s = None if ends_s is None else max(0.0, ends_s - time.monotonic())
        ready, _ = ray.wait(list(places), num_returns=1, timeout=left_s)
        if not ready:
            break
        indexes = places.pop(ready[0])
        result = result_of(ready[0])
        for index in indexes:
            yield index, result
    for index in sorted(index for indexes in places.values() for index in indexes):
        yield index, TimeoutError(f"not ready after {timeout} s")


def places_of(refs: Sequence[ObjectRef]) -> dict[ObjectRef, list[int]]:
    """Where each ref stands in the list: `ray.wait` takes a ref only once."""
    places: dict[ObjectRef, list[int]] = {}
    for index, ref in enumerate(refs):
        places.setdefault(ref, []).append(index)
    return places


def result_of(ref: ObjectRef) -> Any:
    """The value of a ref that is ready, or what its task raised."""
    try:
        return ray.get(ref)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this ref's result
        return error
