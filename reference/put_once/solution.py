"""Score many batches with one model: the model goes into the object store once, and refs go everywhere else.

The problem. A model of 4 MB and batches of a few numbers. Every `.remote(model, batch)` stores the model
anew, because Ray cannot know that it is the same one. The scores are right, so nobody notices until the
store is full.

The obvious way out is a function that captures the model. Then it is pickled with the function: Ray keeps
that for good, every worker unpickles its own copy, and whoever hands the function on hands on 4 MB. The next
one is a global that remembers what was put. It goes stale when the model changes, and keeps the model alive.

The design. Each call puts what is no ref yet, once, and hands on the ref. A scorer is a closure over the ref:
a few hundred bytes, and Ray counts it as a user of the model. When the scorer goes, the model goes.

    model -- put --> [ object store ] <== score(ref, batch 0)      every worker reads
                       one copy       <== score(ref, batch 1)      the same memory

The price. Two calls with the same dict store it twice, one after the other. A caller who wants less puts the
model itself and passes the ref.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ray
import service
from ray import ObjectRef


def score_all(model: Any, batches: list[list[float]]) -> list[float]:
    """The score of each batch, all of them started before the first is waited for."""
    ref = stored(model)
    return ray.get([score.remote(ref, batch) for batch in batches])


def make_scorer(model: Any) -> Callable[[list[float]], ObjectRef]:
    """A function that scores one batch with this model, as it is now. It holds a ref, so it is small."""
    ref = stored(model)

    def scorer(batch: list[float]) -> ObjectRef:
        return score.remote(ref, batch)

    return scorer


def stored(model: Any) -> ObjectRef:
    """The ref of the model: the caller's own, or a new one."""
    return model if isinstance(model, ObjectRef) else ray.put(model)


@ray.remote
def score(model: Any, batch: list[float]) -> float:
    """Gets the model itself, read from shared memory: Ray has put the value in place of the ref."""
    return service.score(model, batch)
