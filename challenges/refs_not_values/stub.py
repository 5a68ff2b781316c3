"""Measures and filters the telescope's frames on Ray workers."""

from __future__ import annotations

import numpy as np
import ray
import service
from ray import ObjectRef


@ray.remote
def read_level(frame_ref: ObjectRef) -> float:
    return service.level(ray.get(frame_ref))


def level_of(frame: ObjectRef) -> ObjectRef:
    """The reading of a frame."""
    return read_level.remote(frame)


@ray.remote
def add_levels(frames: list[np.ndarray]) -> float:
    return sum((service.level(frame) for frame in frames), 0.0)


def total_level(frames: list[ObjectRef]) -> ObjectRef:
    """The sum of the readings of all frames."""
    return add_levels.remote(frames)


@ray.remote
def darken(frame: np.ndarray) -> np.ndarray:
    frame -= service.level(frame)
    return frame


def darkened(frame: ObjectRef) -> ObjectRef:
    """The frame minus its reading."""
    return darken.remote(frame)


@ray.remote
def apply_filter(name: str, frame: np.ndarray) -> np.ndarray:
    return service.apply(name, frame)


def filtered(frame: ObjectRef, names: list[str]) -> ObjectRef:
    """The frame after all filters, one after the other."""
    value = ray.get(frame)
    for name in names:
        value = ray.get(apply_filter.remote(name, value))
    return ray.put(value)
