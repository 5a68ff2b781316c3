"""The telescope's instruments: a light meter and a box of filters. Do not change this file.

    reading = level(frame)            # about 20 ms: the mean of the frame
    frame = apply("double", frame)    # about 20 ms: a new frame

A frame is a float64 array with two dimensions. In your own script and in `pytest test_examples.py`, the
instruments are exact. In a grading every answer differs a little from the one before. `python grade.py try
refs_not_values` shows that, a frame that takes long and a filter that does not exist.
"""

from __future__ import annotations

import os
import time

import numpy as np

FILTERS = {"double": (2.0, 0.0), "warm": (1.0, 10.0), "dim": (0.5, 0.0)}  # frame * gain + offset
WAIT_S = 0.02


class NoSuchFilter(LookupError):  # noqa: N818 - what the telescope calls it
    """There is no filter of this name."""


def level(frame: np.ndarray) -> float:
    """The frame's brightness, as the light meter reads it."""
    mean = float(_array(frame).mean())
    if _graded():
        from service_link import ask

        reading: float = ask("level", mean)
        return reading
    time.sleep(WAIT_S)
    return mean


def apply(name: str, frame: np.ndarray) -> np.ndarray:
    """A new frame, taken through a filter.

    Raises:
        NoSuchFilter: There is none of this name.
    """
    gain, offset = _setting(name, float(_array(frame).mean()))
    return frame * gain + offset


def _setting(name: str, mean: float) -> tuple[float, float]:
    """What the filter does to a frame this time."""
    if _graded():
        from service_link import Refused, ask

        try:
            gain, offset = ask("apply", name, mean)
        except Refused as refusal:
            if refusal.kind == "NoSuchFilter":
                raise NoSuchFilter(name) from None
            raise
        return gain, offset
    time.sleep(WAIT_S)
    if name not in FILTERS:
        raise NoSuchFilter(name)
    return FILTERS[name]


def _array(frame: np.ndarray) -> np.ndarray:
    if not isinstance(frame, np.ndarray):
        raise TypeError(
            f"an instrument takes a frame, which is a NumPy array, and got {type(frame).__name__}"
        )
    return frame


def _graded() -> bool:
    return "KATA_SERVICE" in os.environ
