"""How long the judge waits for a solution: generously, until the solution has shown that it hangs.

Deadlines are generous for the sake of busy machines, where a right solution may take its time; on a crowded
one they are longer still. After two hangs the judge looks earlier, and gives up then if what it sees cannot
end by itself. A solution gets short deadlines only if it twice used up the full wait without such a cause,
and the machine is not crowded: it is slow, or busy forever.
"""

from __future__ import annotations

from grader.explain.hangs import STUCK, HangCause
from grader.system.machine import is_crowded, stretched

HANGS_BEFORE_IMPATIENCE = 2
SHORT_DEADLINE_S = 6.0


class Patience:
    """What is known about one solution's hangs."""

    def __init__(self) -> None:
        self._n_stuck = self._n_slow = 0

    def deadline_s(self, asked_s: float) -> float:
        """Seconds after which to give up on a call, given what a behaviour allows."""
        if is_crowded():
            return stretched(asked_s)
        return _short_s(asked_s) if self._n_slow >= HANGS_BEFORE_IMPATIENCE else asked_s

    def first_look_s(self, asked_s: float) -> float:
        """Seconds after which to check whether a call is stuck."""
        hung = self._n_stuck + self._n_slow >= HANGS_BEFORE_IMPATIENCE
        return _short_s(asked_s) if hung else asked_s

    def note(self, *, is_stuck: bool) -> None:
        """Take note of a call that was given up on: it could not return, or it was only slow."""
        if is_stuck:
            self._n_stuck += 1
        else:
            self._n_slow += 1


def is_stuck(finding: HangCause) -> bool:
    """Whether a call cannot return, however long you wait."""
    return finding.cause in STUCK


def _short_s(asked_s: float) -> float:
    return min(asked_s, max(SHORT_DEADLINE_S, asked_s / 4))
