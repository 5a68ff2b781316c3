"""A library for river gauges. Other people import it, in scripts and in notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import ray
import service


@contextmanager
def ray_session(namespace: str | None = None) -> Iterator[None]:
    """Have Ray running in the block."""
    ray.init(namespace=namespace, ignore_reinit_error=True)  # it may be running already
    yield
    ray.shutdown()


@ray.remote
def read(gauge: str) -> float:
    return service.level(gauge)


def levels(gauges: Sequence[str]) -> dict[str, float]:
    """How high the water is at each of these gauges, in metres."""
    with ray_session():
        refs = [read.remote(gauge) for gauge in gauges]
        return dict(zip(gauges, ray.get(refs), strict=True))
