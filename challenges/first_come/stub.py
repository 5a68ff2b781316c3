"""Shows the airlines' answers: one pair for each task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import ray
from ray import ObjectRef


def as_ready(refs: Sequence[ObjectRef], timeout: float | None = None) -> Iterator[tuple[int, Any]]:
    """Yield the index and the value of each ref."""
    for index, ref in enumerate(refs):
        yield index, ray.get(ref, timeout=timeout)
