"""Many small tasks of one kind: `apply_remotely` runs any function on values, and everything is put together
from it.

The total is a chain of sums in which each step adds one reading, and a frame is darkened by a task that gets
a reading's ref. Against the reference: the most tasks and the fewest remote functions."""

import operator

import ray
import service


@ray.remote
def apply_remotely(function, *values):
    return function(*values)


def level_of(frame):
    return apply_remotely.remote(service.level, frame)


def total_level(frames):
    total = ray.put(0.0)
    for frame in frames:
        total = apply_remotely.remote(operator.add, total, level_of(frame))
    return total


def darkened(frame):
    return apply_remotely.remote(operator.sub, frame, level_of(frame))


def filtered(frame, names):
    for name in names:
        frame = apply_remotely.remote(service.apply, name, frame)
    return frame
