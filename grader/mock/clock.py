"""How much of a sitting is over: a deadline that neither a closed terminal nor a reboot moves.

Two clocks are kept. The one that counts from boot cannot be set; the wall clock can, but survives a reboot.
As long as the machine is not rebooted the first one counts, and a difference tells that the second was set.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

NOTICED_S = 30.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A moment on both clocks.

    Args:
        wall_s: Seconds since the epoch.
        boot_s: Seconds since boot, also those spent asleep.
        boot: Which boot that was.
    """

    wall_s: float
    boot_s: float
    boot: str

    def to_json(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self)

    def since(self, start: Instant) -> float:
        """Seconds from `start` to this moment."""
        if self.boot == start.boot:
            return self.boot_s - start.boot_s
        return max(self.wall_s - start.wall_s, 0.0)

    def clock_change_s(self, start: Instant) -> float:
        """By how much the wall clock was set since `start`; 0 where it cannot be told or is no matter."""
        if self.boot != start.boot:
            return 0.0
        change = (self.wall_s - start.wall_s) - (self.boot_s - start.boot_s)
        return change if abs(change) >= NOTICED_S else 0.0


def now() -> Instant:
    """This moment."""
    try:
        boot_s, boot = time.clock_gettime(time.CLOCK_BOOTTIME), _BOOT_ID.read_text(encoding="ascii").strip()
    except (AttributeError, OSError):  # macOS
        boot_s, boot = time.monotonic(), f"{psutil.boot_time():.0f}"
    return Instant(wall_s=time.time(), boot_s=boot_s, boot=boot)


def shown(seconds: float) -> str:
    """A time as people say it: 1 h 05 min, 12 min, 40 s."""
    whole = round(abs(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return (
        f"{minutes} min"
        if minutes and not left
        else f"{minutes} min {left:02d} s"
        if minutes
        else f"{left} s"
    )
