"""What experiments share: waiting for a condition, overlap of spans, and what the object store holds."""

import contextlib
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import ray

from grader.warden.ray_state import ClusterState

Span = tuple[float, float]


def eventually(condition: Callable[[], bool], within_s: float = 15.0) -> bool:
    """Whether the condition holds at some moment from now on."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def peak(spans: Sequence[Span]) -> int:
    """How many of the spans (start, end; of one clock) overlap at most."""
    edges = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def runs(path: Path) -> int:
    """How often a remote function has left its mark in a file, one letter each time."""
    return len(path.read_text()) if path.exists() else 0


def settled_bytes(for_s: float = 1.0, within_s: float = 20.0) -> int:
    """What the object stores hold once that has not changed for a while, by the raylets' own counters.

    `ray.available_resources()` does not serve: it forgets an object with its last ref, though a view pins it.
    """
    gc.collect()
    cluster = ClusterState(ray.get_runtime_context().gcs_address)
    try:
        deadline = time.monotonic() + within_s
        seen, since = cluster.store().used_bytes, time.monotonic()
        while time.monotonic() - since < for_s and time.monotonic() < deadline:
            time.sleep(0.1)
            now = cluster.store().used_bytes
            if now != seen:
                seen, since = now, time.monotonic()
        return seen
    finally:
        cluster.close()


@contextlib.contextmanager
def ended(*actors: ray.actor.ActorHandle) -> Iterator[None]:
    """End the actors behind the block, whatever they are doing."""
    try:
        yield
    finally:
        for actor in actors:
            ray.kill(actor)
