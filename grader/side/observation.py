"""What a solution was seen to do instead of answering: the ways a behaviour ends without a pass.

Observation
|-- SolutionRaised      an exception came out of the solution             -> fail
|-- NotPlain            it returned something that is not plain data      -> fail
|-- NotCounted          it worked where the cluster cannot see it         -> fail
|-- NotStopped          its processes ran on while the reference was timed  -> fail
|-- SolutionTimeout     it did not return in time, with the cause         -> timeout
|-- NotInTime           others took so long that it was not judged        -> timeout
|-- SolutionCrashed     its process ended or broke the connection         -> crash
|   `-- HeldTooMuch     a process was ended for the memory it held        -> crash
|-- ClusterStalled      Ray gave its work no worker                    -> inconclusive
|-- ReferenceDisturbed  the reference's side did not answer in a race   -> inconclusive
`-- NotLoadable         solution.py cannot be read or imported            -> fail, timeout or crash
"""

from __future__ import annotations

from typing import Literal

Outcome = Literal["pass", "partial", "fail", "timeout", "crash", "inconclusive", "error"]


class Observation(Exception):  # noqa: N818 - what was seen, not a grader error
    """Ends a behaviour with an outcome and a message for the learner."""

    outcome: Outcome = "fail"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SolutionRaised(Observation):
    """An exception came out of the solution.

    Args:
        type_name: The exception's class name.
        message: Its text.
        trace: The traceback, from the solution's first frame on.
    """

    def __init__(self, type_name: str, message: str, trace: str = "") -> None:
        text = f"it raised {type_name}: {message}" if message else f"it raised {type_name}"
        super().__init__(text + (f"\n{trace.rstrip()}" if trace else ""))
        self.type_name = type_name
        self.text = message
        self.trace = trace


class NotPlain(Observation):
    """A call returned something that is not plain data."""


class NotCounted(Observation):
    """What calls cost cannot be counted: work was done that the cluster knows nothing about."""


class NotStopped(Observation):
    """Some of the solution's processes could not be stopped for the time of a reference's round."""

    def __init__(self) -> None:
        super().__init__(
            "it kept starting or waking processes, so not all of them could be stopped while the reference "
            "ran, and nothing can be compared."
        )


class SolutionTimeout(Observation):
    """A call did not return before its deadline; the message names the cause."""

    outcome: Outcome = "timeout"


class NotInTime(Observation):
    """Behaviours before this one took all the time that may be spent on what earns nothing."""

    outcome: Outcome = "timeout"

    def __init__(self, lost_s: float, allowed_s: float) -> None:
        super().__init__(
            f"Not judged in time: behaviours that earned nothing have taken {lost_s:.0f} s of this grading, "
            f"and no more is begun after {allowed_s:.0f} s. Mend those first."
        )


class SolutionCrashed(Observation):
    """The solution's process ended in the middle of a call, or its connection broke."""

    outcome: Outcome = "crash"


class HeldTooMuch(SolutionCrashed):
    """The solution's processes held more memory than allowed, and one was killed for it."""

    def __init__(self, held_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"it held {held_bytes / 1e6:.0f} MB (the limit is {limit_bytes / 1e6:.0f} MB). "
            "The process that grew most was killed, as Ray's memory monitor would do."
        )


class ClusterStalled(Observation):
    """Resources were free, yet Ray started no worker: the machine is overloaded, or Ray is at fault."""

    outcome: Outcome = "inconclusive"


class ReferenceDisturbed(Observation):
    """The reference, which always answers, did not: something on the machine kept it from running."""

    outcome: Outcome = "inconclusive"


class NotLoadable(Observation):
    """The solution could not be loaded; every behaviour ends this way."""

    def __init__(self, message: str, outcome: Outcome = "fail") -> None:
        super().__init__(message)
        self.outcome = outcome


class Void(Exception):  # noqa: N818 - a statement about the test
    """The test could not do what it is for, through no fault of the solution: outcome error."""
