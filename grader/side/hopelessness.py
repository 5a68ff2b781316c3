"""Whether waiting for a call's answer has become vain.

Two ways to know. A side on which nothing can move (`standstill_watch`) will never answer; that is certain
from the first call on, for programs without a clock. And after a solution has hung twice, what keeps it from
answering is looked at early: some causes (`explain.hangs.STUCK`) never end by themselves, clock or not.
"""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK_AGAIN_S = 1.5


class Hopelessness:
    """Asked now and then during one call.

    Args:
        look_after_s: Seconds after which to look for a cause.
        is_stuck: Whether such a cause is seen now.
        stands_still: Whether the side is certain to stand still forever; None for a program with a clock.
    """

    def __init__(
        self,
        look_after_s: float,
        is_stuck: Callable[[], bool],
        stands_still: Callable[[], bool] | None,
    ) -> None:
        self._look_s = time.monotonic() + look_after_s
        self._is_stuck, self._stands_still = is_stuck, stands_still
        self._n_stuck = 0
        self.is_certain = False  # that the answer would not have come, ever

    def is_vain(self) -> bool:
        """Whether to stop waiting."""
        if self._stands_still is not None and self._stands_still():
            self.is_certain = True
            return True
        return self._is_stuck_at_two_looks()

    def _is_stuck_at_two_looks(self) -> bool:
        """Whether two looks, some time apart, agree: a single one may catch a moment of transition."""
        if self._n_stuck < 0 or time.monotonic() < self._look_s:
            return False
        self._n_stuck = self._n_stuck + 1 if self._is_stuck() else -1
        self._look_s = time.monotonic() + LOOK_AGAIN_S
        return self._n_stuck > 1
