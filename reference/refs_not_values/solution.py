"""Work on frames in the object store: pass refs on, and let workers see the values.

The problem. A ref stands for a value that may not exist yet. A program that turns refs into values wherever
it meets them waits where it need not, and carries every frame through its own process.

The obvious program calls `ray.get` in the task, because a ref was passed; it fails, because Ray has put the
value in its place already. It passes a list of refs and takes the items for frames; they are still refs. It
writes into a frame, which is read-only. And it gets each result before it starts the next task, so that
nobody can start anything else.

The design. Every ref is an argument itself, so every task gets frames. No function calls `ray.get`: the
result of one task is the argument of the next, and Ray starts each task as soon as its argument is there.

    filtered:   frame --> apply_filter --> ref --> apply_filter --> ref      the driver holds refs only

The price. Each filter is a task, about a millisecond, and each frame in between is an object in the store
until the next task has read it. With ten filters of a microsecond, one task for all of them would be better.
"""

from __future__ import annotations

import numpy as np
import ray
import service
from ray import ObjectRef


def level_of(frame: ObjectRef) -> ObjectRef:
    """The reading of a frame."""
    return read_level.remote(frame)


def total_level(frames: list[ObjectRef]) -> ObjectRef:
    """The sum of the readings. The star makes each ref an argument itself, so Ray waits for all of them."""
    return add.remote(*[read_level.remote(frame) for frame in frames])


def darkened(frame: ObjectRef) -> ObjectRef:
    """The frame minus its reading."""
    return darken.remote(frame)


def filtered(frame: ObjectRef, names: list[str]) -> ObjectRef:
    """The frame after all filters: each task takes the ref of the one before it, started or not."""
    for name in names:
        frame = apply_filter.remote(name, frame)
    return frame


@ray.remote
def read_level(frame: np.ndarray) -> float:
    """Gets the frame itself: Ray has put the value in place of the ref."""
    return service.level(frame)


@ray.remote
def add(*readings: float) -> float:
    """Gets every reading as an argument of its own."""
    return sum(readings, 0.0)


@ray.remote
def darken(frame: np.ndarray) -> np.ndarray:
    """Make a new frame: the old one belongs to everybody who holds its ref."""
    return frame - service.level(frame)


@ray.remote
def apply_filter(name: str, frame: np.ndarray) -> np.ndarray:
    """Take a frame through one filter."""
    return service.apply(name, frame)
