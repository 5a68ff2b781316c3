"""How long a grading may spend on behaviours that earn nothing: the machine is not the solution's to keep.

Each call has a deadline, but a solution that lets all of them pass would still hold a grading for minutes.
What passes takes the time that it takes; it is bounded by its own deadlines.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.judge.verdict import Check
from grader.side.observation import NotInTime
from grader.system.machine import stretched

LOST_PER_BEHAVIOUR_S = 8.0  # a reference takes two to four
LOST_AT_LEAST_S = 60.0
_LOST = ("fail", "timeout", "crash")


@dataclass(slots=True)
class Budget:
    """What has been spent in one grading.

    Attributes:
        n_behaviours: How many are to be judged.
        lost_s: Seconds that behaviours took which earned nothing.
    """

    n_behaviours: int = 0
    lost_s: float = 0.0

    @property
    def allowed_s(self) -> float:
        """How many seconds may be lost; more where other programs slow the grading down."""
        return stretched(max(LOST_AT_LEAST_S, LOST_PER_BEHAVIOUR_S * self.n_behaviours))

    def note(self, check: Check) -> None:
        """Take note of how a behaviour ended."""
        if check.outcome in _LOST:
            self.lost_s += check.seconds

    def check(self) -> None:
        """Before a behaviour: see that it may still be judged.

        Raises:
            NotInTime: Too much has been lost.
        """
        allowed_s = self.allowed_s
        if self.lost_s > allowed_s:
            raise NotInTime(self.lost_s, allowed_s)
