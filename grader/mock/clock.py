"""The clock of a mock: no closed terminal and no reboot stops it, and setting the time does not move it.

Two clocks are read. The one that counts from boot cannot be set, and is trusted until the machine reboots.
The wall clock can be set, but survives a reboot. If the two disagree, the wall clock was set.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NOTICED_S = 30.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A moment on both clocks.

    Args:
        wall_s: Seconds since the epoch.
        boot_s: Seconds since boot, including those spent asleep.
        boot: Identifies the boot.
    """

    wall_s: float
    boot_s: float
    boot: str

    def to_json(self) -> dict[str, Any]:
        """Plain data for the journal."""
        return asdict(self)

    def since(self, start: Instant) -> float:
        """Seconds from `start` to this moment."""
        if self.boot == start.boot:
            return self.boot_s - start.boot_s
        return max(self.wall_s - start.wall_s, 0.0)

    def clock_change_s(self, start: Instant) -> float:
        """By how much the wall clock was set since `start`; 0 if it was not, or if a reboot hides it."""
        if self.boot != start.boot:
            return 0.0
        change = (self.wall_s - start.wall_s) - (self.boot_s - start.boot_s)
        return change if abs(change) >= NOTICED_S else 0.0


def now() -> Instant:
    """This moment."""
    try:
        boot_s, boot = time.clock_gettime(time.CLOCK_BOOTTIME), _BOOT_ID.read_text(encoding="ascii").strip()
    except (AttributeError, OSError):  # macOS
        import psutil

        boot_s, boot = time.monotonic(), f"{psutil.boot_time():.0f}"
    return Instant(wall_s=time.time(), boot_s=boot_s, boot=boot)


def time_in_words(seconds: float) -> str:
    """A length of time as people say it: 1 h 05 min, 12 min, 40 s. The sign is left out."""
    hours, rest = divmod(round(abs(seconds)), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    if not minutes:
        return f"{left} s"
    return f"{minutes} min {left:02d} s" if left else f"{minutes} min"
