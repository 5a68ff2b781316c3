"""How busy the machine is: what is generous on an idle one may not be here and now."""

from __future__ import annotations

import os
from pathlib import Path

CROWDED_LOAD = 1.5  # processes that want to run, for each CPU, over the last minute
# Share of the last ten seconds in which something that could have run had no CPU, in per cent. One grading
# alone on two CPUs stays below 41, beside two busy loops it reaches 55 to 63.
CROWDED_PRESSURE = 45.0
CROWDED_FACTOR = 2.0
_PRESSURE = Path("/proc/pressure/cpu")


def is_crowded() -> bool:
    """Whether more wants to run on this machine than its CPUs can: short deadlines mean little then.

    The load tells it a minute late; where Linux accounts for pressure, that tells it in seconds.
    """
    return os.getloadavg()[0] > CROWDED_LOAD * (os.cpu_count() or 1) or cpu_pressure() > CROWDED_PRESSURE


def cpu_pressure() -> float:
    """Per cent of the last ten seconds in which some process waited for a CPU; 0 where it is not known.

    Source: https://docs.kernel.org/accounting/psi.html, the `some` line.
    """
    try:
        some = _PRESSURE.read_text(encoding="ascii").splitlines()[0]
        return float(dict(pair.split("=") for pair in some.split()[1:])["avg10"])
    except (OSError, LookupError, ValueError):  # not Linux, switched off, or a form that is not known
        return 0.0


def stretched(seconds: float) -> float:
    """A time that is generous here and now: longer on a crowded machine."""
    return seconds * CROWDED_FACTOR if is_crowded() else seconds
