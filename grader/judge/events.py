"""What a grading reports while it runs, to whatever shows its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it imports pytest; code that only shows progress must not pay for that
    from grader.judge.behaviour import Behaviour
    from grader.judge.verdict import Check


@dataclass(frozen=True, slots=True)
class Collected:
    """The suite has been read: these behaviours will be judged; more may follow, see `Advanced`."""

    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """The stage of this number is being judged."""

    stage: int


@dataclass(frozen=True, slots=True)
class Advanced:
    """Everything judged so far stands, so the stage of this number is judged as well: these behaviours."""

    stage: int
    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """A behaviour is being judged."""

    behaviour: Behaviour


@dataclass(frozen=True, slots=True)
class Ended:
    """A behaviour has been judged."""

    check: Check


Event = Collected | Entered | Advanced | Started | Ended
Listener = Callable[[Event], None]
