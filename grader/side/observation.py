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
|-- Doubtful            a solution can cause it, and so can the machine -> judged again, then see below
|   |-- ClusterStalled      Ray gave its work no worker                 -> timeout, or inconclusive
|   `-- ReferenceDisturbed  the reference did not answer in a race      -> fail, or inconclusive
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


class Backlog(Observation):
    """What it had sent to the service was still being read when the reference was to have its turn."""

    def __init__(self) -> None:
        super().__init__(
            "it sent the service so much that reading it would have gone on beside the reference, and "
            "nothing can be compared."
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


class Doubtful(Observation):
    """What a solution can bring about, and the machine or Ray as well.

    It is judged again: see `grader.judge.ending`. There is no verdict if other programs leave this grading
    too little of the CPUs, which no solution can bring about.
    """

    what = ""  # in words that follow "at first,"

    def __init__(self, message: str) -> None:
        from grader.system.machine import is_crowded  # reports and pages import this module as well

        if is_crowded():
            self.outcome = "inconclusive"
            message = f"Not judged: {message}\nClose whatever else is running and grade again."
        super().__init__(message)


class ClusterStalled(Doubtful):
    """Resources were free, yet a task was given no worker: an overloaded machine, Ray, or its own doing."""

    outcome: Outcome = "timeout"
    what = "a task was given no worker, although all that it asked for was free"


class ReferenceDisturbed(Doubtful):
    """The reference, which always answers, did not: something on the machine kept it from running."""

    what = "the reference did not answer"


class NotLoadable(Observation):
    """The solution could not be loaded; every behaviour ends this way."""

    def __init__(self, message: str, outcome: Outcome = "fail") -> None:
        super().__init__(message)
        self.outcome = outcome


class Void(Exception):  # noqa: N818 - a statement about the test
    """The test could not do what it is for, through no fault of the solution: outcome error."""
