"""How busy the machine is: a deadline that is generous on an idle machine may not be on a busy one."""

from __future__ import annotations

import os
from pathlib import Path

from grader.system.neighbours import CpuUse, Neighbours, cpu_use, share_of_others
from grader.system.own_cpus import pinned_cpus

CROWDED_LOAD = 1.5  # processes that want to run, per CPU, over the last minute
# Percentage of the last ten seconds in which something that could have run had no CPU. One grading alone on
# two CPUs stays below 41; next to two busy loops it reaches 55 to 63.
CROWDED_PRESSURE = 45.0
# Share of the CPUs' time that must go to others: what a solution starts itself is no excuse for it.
CROWDED_SHARE = 0.15
CROWDED_FACTOR = 2.0
_PRESSURE = Path("/proc/pressure/cpu")
_NEIGHBOURS = Neighbours()


def is_crowded() -> bool:
    """Whether others leave this grading too little of the CPUs: short deadlines then mean little."""
    share = _NEIGHBOURS.share()
    if share is None:
        return lacks_cpus() and not pinned_cpus()
    return lacks_cpus() and share > CROWDED_SHARE


def was_crowded(*, since: CpuUse) -> bool:
    """Whether it has been crowded since a moment, all in all."""
    return lacks_cpus() and share_of_others(since, cpu_use()) > CROWDED_SHARE


def lacks_cpus() -> bool:
    """Whether more wants to run on this machine than its CPUs can handle, whoever it is.

    The load average shows this a minute late; where Linux measures pressure, that shows it within seconds.
    Both are of the whole machine. They say nothing about the few CPUs that a grading is pinned to: there,
    what others take of them decides alone.
    """
    if pinned_cpus():
        return True
    return os.getloadavg()[0] > CROWDED_LOAD * (os.cpu_count() or 1) or cpu_pressure() > CROWDED_PRESSURE


def cpu_pressure() -> float:
    """Percentage of the last ten seconds in which some process waited for a CPU; 0 where unknown.

    Source: https://docs.kernel.org/accounting/psi.html, the `some` line.
    """
    try:
        some = _PRESSURE.read_text(encoding="ascii").splitlines()[0]
        return float(dict(pair.split("=") for pair in some.split()[1:])["avg10"])
    except (OSError, LookupError, ValueError):  # not Linux, switched off, or an unknown format
        return 0.0


def stretched(seconds: float) -> float:
    """A time that is generous here and now: longer on a crowded machine."""
    return seconds * CROWDED_FACTOR if is_crowded() else seconds
