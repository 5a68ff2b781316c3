"""Troubles: what the outside world can do to a program, each declared once, as a method of the world.

A hidden test and `grade.py try` set a trouble up with the same code: they call the method, which draws
inputs, arranges what goes wrong with them, and says what to call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from grader.errors import ChallengeError, UsageError
from grader.world.operations import hints_of, suits
from grader.world.outside import OutsideWorld

PLAIN = "none"  # the trouble in which nothing goes wrong
_MARK = "kata_trouble"

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What to call under a trouble; made by `Trial.call` or `Trial.scenario`, as a test calls the learner.

    Args:
        module: "solution" or "scenarios".
        name: The function.
        args: Positional arguments, plain data.
        inputs: Keyword arguments, plain data.
        deadline_s: Guards against hangs.
        note: What goes wrong with these inputs, in words.
        before: What has to be called first; how that goes is of no interest.
    """

    module: str
    name: str
    args: tuple[Any, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    deadline_s: float
    note: str = ""
    before: Trial | None = None

    @classmethod
    def call(cls, name: str, *args: Any, deadline_s: float = 10.0, **inputs: Any) -> Trial:
        """Call a public function of the solution."""
        return cls(module="solution", name=name, args=args, inputs=inputs, deadline_s=deadline_s)

    @classmethod
    def scenario(cls, name: str, *, deadline_s: float = 10.0, **inputs: Any) -> Trial:
        """Call a function of the challenge's scenarios.py."""
        return cls(module="scenarios", name=name, inputs=inputs, deadline_s=deadline_s)

    def noting(self, note: str) -> Trial:
        """The same, with words on what goes wrong with these inputs."""
        return replace(self, note=note)

    def after(self, before: Trial) -> Trial:
        """The same, once something else has been called: it may have workers started, as the brief says."""
        return replace(self, before=before)


def trouble(method: Method) -> Method:
    """Mark a method of a world as a trouble.

    It gets the generator to draw from, and whatever else its author wants to vary, each with a default and an
    annotation. It returns a `Trial`. The first line of its docstring is what `grade.py try --list` shows.
    """
    setattr(method, _MARK, True)
    return method


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A trouble as its world declares it.

    Args:
        name: The method's name.
        title: The first line of its docstring.
        parameters: What can be varied, with the usual values.
        hints: The types of these.
    """

    name: str
    title: str
    parameters: Mapping[str, Any]
    hints: Mapping[str, Any]

    def refusal(self, given: Mapping[str, Any]) -> str:
        """Why these values for its parameters make no sense; empty when they do."""
        for name, value in given.items():
            if name not in self.parameters:
                listed = ", ".join(self.parameters) or "nothing"
                return f"{name} cannot be varied in {self.name}. What can be: {listed}"
            if name in self.hints and not suits(value, self.hints[name]):
                wanted = getattr(self.hints[name], "__name__", str(self.hints[name]))
                return f"{name} of {self.name} has to be {wanted}, not {value!r}"
        return ""


def declared_troubles(world: type[OutsideWorld]) -> dict[str, Trouble]:
    """The troubles of a world by name, in the order in which they are declared."""
    found = {}
    for owner in reversed(world.__mro__):
        for name, method in vars(owner).items():
            if getattr(method, _MARK, False):
                found[name] = _described(name, method)
    return found


def _described(name: str, method: Callable[..., Any]) -> Trouble:
    parameters = list(inspect.signature(method).parameters.values())[2:]  # without self and rng
    title = (inspect.getdoc(method) or "").split("\n", 1)[0]
    return Trouble(
        name=name,
        title=title.rstrip("."),
        parameters={p.name: p.default for p in parameters},
        hints={p.name: hint for p in parameters if (hint := hints_of(method).get(p.name)) is not None},
    )


def meet(world: OutsideWorld, name: str, rng: np.random.Generator, given: Mapping[str, Any]) -> Trial:
    """Set a trouble up in a new world.

    Args:
        world: The world; it has to be new.
        name: Of the trouble.
        rng: Source of its inputs.
        given: Values for some of its parameters.

    Raises:
        UsageError: There is no such trouble, or it cannot be varied like this.
        ChallengeError: The challenge's own code failed.
    """
    known = declared_troubles(type(world))
    if name not in known:
        raise UsageError(f"There is no trouble {name!r}. Choose one of: {', '.join(known) or 'none at all'}")
    if refusal := known[name].refusal(given):
        raise UsageError(refusal)
    try:
        trial = getattr(world, name)(rng, **given)
    except Exception as error:
        if given:  # most likely these values are at fault
            raise UsageError(f"{name} cannot be set up with this: {type(error).__name__}: {error}") from error
        raise ChallengeError(f"trouble {name} cannot be set up: {type(error).__name__}: {error}") from error
    if not isinstance(trial, Trial):
        raise ChallengeError(f"trouble {name} returned {type(trial).__name__}; it has to return a Trial")
    return trial
