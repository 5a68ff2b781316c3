"""One task for each call: it loops over frames and filters itself, and gets the refs of a list in the task.

Against the reference: fewer tasks, and no frame in the object store between two filters. But the readings of
a total are taken one after the other, in a task that may wait for its frames, and a filter that fails costs
the whole chain."""

import functools

import ray
import service


@ray.remote
def level_of_value(frame):
    return service.level(frame)


@ray.remote
def total_of_refs(frames):
    return float(sum(service.level(frame) for frame in ray.get(frames)))


@ray.remote
def darkened_value(frame):
    return frame - service.level(frame)


@ray.remote
def filtered_value(frame, names):
    return functools.reduce(lambda frame, name: service.apply(name, frame), names, frame)


def level_of(frame):
    return level_of_value.remote(frame)


def total_level(frames):
    return total_of_refs.remote(frames)


def darkened(frame):
    return darkened_value.remote(frame)


def filtered(frame, names):
    return filtered_value.remote(frame, names)
