"""The telescope as the judge runs it: every answer of an instrument is a different one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from grader.suite import Call, OutsideWorld, Refuse, Trial, trouble

FILTERS = {"double": (2.0, 0.0), "warm": (1.0, 10.0), "dim": (0.5, 0.0)}
UNKNOWN = "sepia"
GUARD_S = 2.0  # a call that does not wait returns within milliseconds


class Answer(NamedTuple):
    """What an instrument told a caller: `frame * gain + offset`, or a reading as the offset."""

    op: str
    name: str
    mean: float
    gain: float
    offset: float
    pid: int


class World(OutsideWorld):
    """The instruments.

    Attributes:
        answers: What they told, in order.
        is_exposed: Whether the frame that is being taken is there.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.answers: list[Answer] = []
        self.is_exposed = True

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_frame(self, rng: np.random.Generator, *, large: bool = False) -> np.ndarray:
        """A frame of some hundred bytes, or of about 2 MB."""
        shape = rng.integers(500, 520, 2) if large else rng.integers(4, 9, 2)
        return rng.uniform(1.0, 100.0) + rng.standard_normal(shape)

    def draw_names(self, rng: np.random.Generator, n: int) -> list[str]:
        """Filters; neighbours differ, so that their order matters."""
        first = int(rng.integers(len(FILTERS)))
        return [list(FILTERS)[(first + k) % len(FILTERS)] for k in range(n)]

    @trouble
    def none(self, rng: np.random.Generator) -> Trial:
        """Nothing goes wrong."""
        return Trial.scenario("all_four", frame=self.draw_frame(rng))

    @trouble
    def long_exposure(self, rng: np.random.Generator) -> Trial:
        """The frame is not there yet when `filtered` is called, and takes seconds."""
        self.is_exposed = False
        return Trial.scenario("filtered_while_exposing", frame=self.draw_frame(rng), deadline_s=20.0)

    @trouble
    def unknown_filter(self, rng: np.random.Generator) -> Trial:
        """The second of three filters does not exist."""
        names = self.draw_names(rng, 2)
        args = [self.draw_frame(rng), [names[0], UNKNOWN, names[1]]]
        return Trial.scenario("value_of", function="filtered", args=args).noting(
            f"there is no filter {UNKNOWN}"
        )

    # -- operations --------------------------------------------------------------------------------------

    async def level(self, call: Call, mean: float) -> float:
        """Operation: the light meter reads a frame of this mean."""
        reading = mean + float(self.rng.uniform(-1.0, 1.0))
        self.answers.append(Answer("level", "", mean, 0.0, reading, call.pid))
        return reading

    async def apply(self, call: Call, name: str, mean: float) -> tuple[float, float]:
        """Operation: how a filter changes a frame of this mean."""
        if name not in FILTERS:
            raise Refuse("NoSuchFilter", name)
        gain, offset = FILTERS[name]
        gain, offset = gain * float(self.rng.uniform(0.9, 1.1)), offset + float(self.rng.uniform(0.0, 1.0))
        self.answers.append(Answer("apply", name, mean, gain, offset, call.pid))
        return gain, offset

    async def expose(self, _call: Call) -> None:
        """Operation: a frame is taken, which lasts until somebody says that it is there."""
        await self.until(lambda: self.is_exposed, within_s=GUARD_S)
