"""What can go wrong outside the solution, and the exit status each error leads to.

    GraderError
    |-- UsageError           2  the command line asks for something that does not exist
    |   |-- ChallengeError   2  a challenge folder is broken
    |   `-- QuestionError    2  a file of the question bank is broken
    |-- GradingError         3  the grader or a cluster failed: nothing was judged
    |   |-- ClusterError     3  a cluster did not start, or was lost through no fault of the solution
    |   |   `-- ClusterLostError  one of its processes is gone: the solution's fault if it could reach it
    |   `-- RayChangedError  3  this version of Ray no longer offers what the probes read
    |-- Interrupted        130  the user ended the run
    `-- Superseded           3  the solution was saved again while it was being graded

What a *solution* does wrong is not a grader error: see `grader.side.observation`.
"""

from __future__ import annotations

EXIT_PASSED = 0
EXIT_NOT_PASSED = 1
EXIT_USAGE = 2
EXIT_GRADER = 3
EXIT_INTERRUPTED = 130


class GraderError(Exception):
    """Root of the tree; the message says what, where, what was found and what to do."""

    exit_status = EXIT_GRADER


class UsageError(GraderError):
    """The command names something that does not exist or cannot be graded."""

    exit_status = EXIT_USAGE


class ChallengeError(UsageError):
    """A challenge folder is incomplete or contradicts itself."""


class QuestionError(UsageError):
    """A file of the question bank is incomplete or contradicts itself."""


class GradingError(GraderError):
    """The machinery failed before it reached a verdict; the solution is not to blame."""


class Interrupted(GraderError):  # noqa: N818 - nobody's error
    """The user ended the run; everything it started was ended too."""

    exit_status = EXIT_INTERRUPTED


class ClusterError(GradingError):
    """A Ray cluster did not start, or was lost through no fault of the solution."""


class ClusterLostError(ClusterError):
    """A process of the cluster, or the one that guards it, is gone or has been stopped."""


class RayChangedError(GradingError):
    """A private Ray call that the probes need is gone or answers differently."""


class Superseded(GraderError):  # noqa: N818 - nobody's error
    """The grading was broken off because a newer version of the solution is waiting."""
