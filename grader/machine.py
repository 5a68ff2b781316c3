"""How busy the machine is: what is generous on an idle one may not be here and now."""

from __future__ import annotations

import os

CROWDED_LOAD = 1.5  # processes that want to run, for each CPU, over the last minute
CROWDED_FACTOR = 2.0


def is_crowded() -> bool:
    """Whether more wants to run on this machine than its CPUs can: short deadlines mean little then."""
    return os.getloadavg()[0] > CROWDED_LOAD * (os.cpu_count() or 1)


def stretched(seconds: float) -> float:
    """A time that is generous here and now: longer on a crowded machine."""
    return seconds * CROWDED_FACTOR if is_crowded() else seconds
