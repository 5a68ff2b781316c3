"""How long a solution is waited for: generously, until it has shown that it hangs.

Deadlines are generous for the sake of busy machines, where a right solution may take its time; on a crowded
one they are longer still. After two hangs a solution is looked at earlier, and given up there if what is
seen cannot end by itself. Only one that was twice waited for in full without such a cause gets short
deadlines, unless the machine is crowded: it is slow, or busy for ever.
"""

from __future__ import annotations

from grader.explain.hangs import STUCK, HangCause
from grader.system.machine import is_crowded, stretched

HANGS_BEFORE_IMPATIENCE = 2
PLAIN_DEADLINE_S = 6.0


class Patience:
    """What is known of one solution's hangs."""

    def __init__(self) -> None:
        self._n_stuck = self._n_slow = 0

    def deadline_s(self, asked_s: float) -> float:
        """Seconds after which a call is given up, given what a behaviour allows."""
        if is_crowded():
            return stretched(asked_s)
        return _plain_s(asked_s) if self._n_slow >= HANGS_BEFORE_IMPATIENCE else asked_s

    def first_look_s(self, asked_s: float) -> float:
        """Seconds after which to look whether a call is stuck."""
        hung = self._n_stuck + self._n_slow >= HANGS_BEFORE_IMPATIENCE
        return _plain_s(asked_s) if hung else asked_s

    def note(self, finding: HangCause) -> None:
        """A call was given up."""
        if is_stuck(finding):
            self._n_stuck += 1
        else:
            self._n_slow += 1


def is_stuck(finding: HangCause) -> bool:
    """Whether a call cannot return, however long one waits."""
    return finding.cause in STUCK


def _plain_s(asked_s: float) -> float:
    return min(asked_s, max(PLAIN_DEADLINE_S, asked_s / 4))
