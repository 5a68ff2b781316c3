"""The two sides of a grading: the learner's and the reference's, started when they are needed.

An arena can be kept warm over several gradings of one challenge: the clusters stay, the solutions change.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from grader.catalogue.challenges import Challenge
from grader.catalogue.hidden import import_hidden
from grader.catalogue.submission import Submission, read_submission
from grader.errors import ChallengeError, GraderError
from grader.judge.learner import Learner
from grader.side.observation import NotLoadable, SolutionCrashed
from grader.side.side import Side
from grader.side_spec import Limits
from grader.system.scheduling import own_schedule
from grader.world.outside import OutsideWorld

SETTLED_WITHIN_S = 1.0


class Arena:
    """Both sides of one challenge.

    Args:
        challenge: What is judged.
        with_world: False for the visible examples, where the service serves itself.
        limits: What the processes of a side may use; None for the defaults.
    """

    def __init__(
        self, challenge: Challenge, *, with_world: bool = True, limits: Limits | None = None
    ) -> None:
        own_schedule()  # what is noted now, no solution can have changed
        self.challenge = challenge
        self._limits = limits
        self._with_world = with_world and world_class(challenge) is not None
        self._learner_side: Side | None = None
        self._reference_future: Future[Side] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="reference-start")

    def seat(self, submission: Submission) -> None:
        """Judge this solution from now on; starts the learner's side the first time."""
        if self._learner_side is None:
            side = Side(self.challenge.cluster, with_world=self._with_world, limits=self._limits)
            side.use(submission, self.challenge.folder)
            if not submission.problem:
                side.start()
            self._learner_side = side
        else:
            self._learner_side.use(submission, self.challenge.folder)
            self._renew_reference()
            if not submission.problem and not self._learner_side.is_started:
                self._learner_side.start()

    def supersede(self) -> None:
        """Break off a grading in progress, from another thread; `seat` starts over."""
        if self._learner_side is not None:
            self._learner_side.supersede()
        if reference := self._standing_reference():
            reference.supersede()

    def refresh(self) -> None:
        """Have drivers stand by for the next grading."""
        if self._learner_side is not None:
            self._learner_side.refresh()
        self._renew_reference()

    def start_reference(self) -> None:
        """Start the reference's side in the background."""
        if self._reference_future is None:
            self._reference_future = self._pool.submit(self._start_reference)

    def _start_reference(self) -> Side:
        side = Side(self.challenge.cluster, with_world=self._with_world, limits=self._limits, private=True)
        path = self.challenge.reference_path
        side.use(read_submission(path, "file", self.challenge.functions), self.challenge.folder)
        try:
            side.start()
            side.restart_driver()
        except NotLoadable as failed:  # nobody but the challenge's author can have caused it
            side.close()
            raise ChallengeError(f"reference/{self.challenge.name}: {failed.message}") from None
        except GraderError:
            side.close()
            raise
        return side

    def _renew_reference(self) -> None:
        """Give the reference a new driver, in the background, if it has raced or was broken off.

        One that did not start is forgotten, so that the next race starts it again.
        """
        future = self._reference_future
        if future and future.done() and future.exception():
            self._reference_future = None
        if reference := self._standing_reference():
            self._reference_future = self._pool.submit(self._renewed, reference)

    def _standing_reference(self) -> Side | None:
        """The reference's side, if it has started and nothing is being done to it in the background."""
        future = self._reference_future
        return future.result() if future and future.done() and not future.exception() else None

    @staticmethod
    def _renewed(side: Side) -> Side:
        side.restart_driver()
        return side

    @property
    def is_started(self) -> bool:
        """Whether a solution has been seated."""
        return self._learner_side is not None

    @property
    def learner_side(self) -> Side:
        """The side that is judged."""
        assert self._learner_side is not None, "seat a solution first"
        return self._learner_side

    @property
    def reference_side(self) -> Side:
        """The reference's side; waits until it has started."""
        self.start_reference()
        assert self._reference_future is not None
        return self._reference_future.result()

    def learner(self, rng: np.random.Generator) -> Learner:
        """The learner's side for one behaviour, with a new world and nothing on its cluster."""
        return self._clean(self.learner_side, rng)

    def reference(self, rng: np.random.Generator) -> Learner:
        """The reference's side in the learner's place, for one behaviour; see `grader.judge.control`."""
        return self._clean(self.reference_side, rng)

    def _clean(self, side: Side, rng: np.random.Generator) -> Learner:
        side.ready()
        if not side.rig.becomes_clean(SETTLED_WITHIN_S):
            side.recover()
            side.ready()
        world = self.make_world(rng)
        if self._with_world:
            side.set_world(world)
        try:
            return Learner(side, world)
        except SolutionCrashed:  # what was left behind kept its cluster from answering; now it has a new one
            side.ready()
            return Learner(side, world)

    def make_world(self, rng: np.random.Generator) -> OutsideWorld | None:
        """A new world of the challenge; None where its story has no service."""
        world = world_class(self.challenge)
        return world(rng) if world is not None and self._with_world else None

    def close(self) -> list[int]:
        """End both sides; returns pids that could not be ended (normally none)."""
        left: list[int] = []
        if self._learner_side is not None:
            left += self._learner_side.close()
        if self._reference_future is not None:
            with contextlib.suppress(GraderError):  # a side that did not start has nothing to end
                left += self._reference_future.result().close()
        self._pool.shutdown()
        self._learner_side = self._reference_future = None
        return left


def world_class(challenge: Challenge) -> Callable[[np.random.Generator], OutsideWorld] | None:
    """`World` of a challenge's hidden/world.py; None where there is no such file.

    Raises:
        ChallengeError: The file cannot be imported, or does not define it.
    """
    path = challenge.folder / "hidden" / "world.py"
    if not path.exists():
        return None
    name = f"grader_worlds.{challenge.name}"
    module = sys.modules.get(name)
    if module is None or module.__file__ != str(path):  # another root may have a challenge of that name
        module = import_hidden(path, name)
    world: Any = getattr(module, "World", None)
    if not (isinstance(world, type) and issubclass(world, OutsideWorld)):
        raise ChallengeError(
            f"challenges/{challenge.name}/hidden/world.py must define `class World(OutsideWorld)`"
        )
    return world
