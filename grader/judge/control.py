"""Tells what a solution provokes from a defect of the suite: the same behaviour again, with the reference.

A suite, or an operation of its world, may raise something that is no verdict: a KeyError, a ValueError. Is
the suite to blame, or a solution that answers, asks or ends as nobody foresaw? A traceback does not tell,
and to blame the suite would let a solution excuse itself from any behaviour. So an experiment decides, in
which one thing changes: the same test function runs with the same inputs and a new world, and the reference
in the solution's place. If it passes, the exception has come from the solution, and the behaviour fails. If
it does not pass either, or cannot be run, the defect is ours.

The learner's whole side stands still meanwhile. An experiment takes as long as the behaviour; a suite that
reads answers by their form (`grader.judge.forms`) hardly ever needs one.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from grader.errors import ClusterLostError, GraderError, Interrupted
from grader.judge.arena import Arena
from grader.judge.race import Contest
from grader.side.side import Side


class Rehearsal:
    """The `race` of an experiment: one round of the reference, with its output checked.

    Args:
        reference: The reference's side.
        arena: Makes the round's world.
        seed: Where its input comes from.
    """

    def __init__(self, reference: Side, arena: Arena, seed: Sequence[int]) -> None:
        self._reference, self._arena, self._seed = reference, arena, seed

    def run(
        self, name: str, *, draw: Any, returns: Any, check: Any, deadline_s: float = 20.0, **_gate: float
    ) -> None:
        """Run one round; see `grader.judge.race.Race.run`."""
        contest = Contest(name, draw, returns, check, deadline_s, self._arena.make_world)
        contest.trial(self._reference, np.random.SeedSequence(self._seed)).run().verified()


def passes_with_reference(
    behaviour: Callable[..., None], given: Mapping[str, Any], arena: Arena, seeds: Sequence[int]
) -> bool:
    """Whether a behaviour passes with the reference in the solution's place.

    Args:
        behaviour: The test function.
        given: Its fixtures; those that hold the solution or inputs are replaced.
        arena: The two sides.
        seeds: Where the behaviour's inputs come from.
    """
    try:
        with _standing_still(arena.learner_side):
            return _passes(behaviour, given, arena, seeds)
    except Interrupted:
        raise
    except GraderError:  # no experiment, no blame
        return False


def _passes(
    behaviour: Callable[..., None], given: Mapping[str, Any], arena: Arena, seeds: Sequence[int]
) -> bool:
    reference = arena.reference_side
    try:
        learner = arena.reference(np.random.default_rng([*seeds, 1]))
        own: dict[str, Any] = {
            "learner": learner,
            "rng": np.random.default_rng([*seeds, 0]),
            "observe": lambda *_args, **_kwargs: None,
            "race": Rehearsal(reference, arena, [*seeds, 2]),
        }
        names = inspect.signature(behaviour).parameters
        behaviour(**{name: own[name] if name in own else given[name] for name in names})
    except (GraderError, KeyboardInterrupt):
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the reference does not pass
        return False
    finally:
        reference.restart_driver()
    return not (reference.has_world and reference.server.defects)


@contextlib.contextmanager
def _standing_still(side: Side) -> Iterator[None]:
    """Stop a side; one whose guard is gone has nothing left that runs."""
    with contextlib.suppress(ClusterLostError):
        side.freeze()
    try:
        yield
    finally:
        with contextlib.suppress(ClusterLostError):
            side.thaw()
