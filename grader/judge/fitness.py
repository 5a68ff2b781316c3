"""Looks at the machine: what a grading needs, what it finds, and what to do about it."""

from __future__ import annotations

import math
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from typing import Literal

import psutil

from grader.catalogue.challenges import Challenge
from grader.errors import GradingError
from grader.supported import PYTHON, RAY, Range

MIN_MEMORY_BYTES = 4_000_000_000
MIN_DISK_BYTES = 2_000_000_000
_SHARED = Path("/dev/shm")  # noqa: S108

State = Literal["good", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thing that was looked at.

    Args:
        subject: What.
        state: "good"; "warn" (a grading works but may be slow or inconclusive); "bad" (it does not work).
        found: What is there.
        advice: What to do; empty when it is good.
    """

    subject: str
    state: State
    found: str
    advice: str = ""


def examine(challenges: Iterable[Challenge], leftovers: Iterable[Path]) -> list[Reading]:
    """All findings about this machine.

    Args:
        challenges: Those that may be graded here.
        leftovers: Folders of ended runs that were found and removed.
    """
    return [_python(), _ray(), _cpus(), _load(), _memory(), _shared(challenges), _disk(), _left(leftovers)]


def check_shared_memory(challenge: Challenge) -> None:
    """Ray's object stores have to fit in shared memory, or they spill to disk and speed means nothing.

    Raises:
        GradingError: They do not; the message says how much is needed and how to get it.
    """
    seen = _shared([challenge])
    if seen.state == "bad":
        raise GradingError(f"Not enough {seen.subject}: {seen.found}. {seen.advice}")


def _python() -> Reading:
    seen = platform.python_version()
    return _release(
        PYTHON, seen, f"{seen} ({sys.executable})", f"uv run --python {_dotted(PYTHON.newest)} grade.py …"
    )


def _ray() -> Reading:
    spec = find_spec("ray")
    if spec is None:
        advice = "Install it with  pip install .  or run through uv:  uv run grade.py …"
        return Reading(subject="Ray", state="bad", found="not installed", advice=advice)
    try:
        found = version("ray")
    except PackageNotFoundError:
        advice = "A folder named ray shadows the package: run from the repository's root."
        return Reading(subject="Ray", state="bad", found="found, but not as a package", advice=advice)
    seen = _release(RAY, found, found, f"pip install 'ray{RAY.specifier}'")
    if seen.state != "good" or spec.origin is None or Path(cache_from_source(spec.origin)).exists():
        return seen
    advice = (
        "Every worker compiles Ray's modules again and starts slowly. Run once:  python -m compileall -q "
        f"{Path(spec.origin).parent}"
    )
    return Reading(subject="Ray", state="warn", found=f"{found}, not compiled to bytecode", advice=advice)


def _release(supported: Range, seen: str, found: str, command: str) -> Reading:
    """Whether a release is supported: an older one lacks what the grader reads, a newer one is untested."""
    side = supported.side_of(seen)
    if side == "within":
        return Reading(subject=supported.name, state="good", found=found)
    bounds = f"the grader is tested with {supported}"
    if side == "below":
        return Reading(
            subject=supported.name,
            state="bad",
            found=f"{found}, which is too old",
            advice=f"Switch to a supported release ({bounds}):  {command}",
        )
    return Reading(
        subject=supported.name,
        state="warn",
        found=f"{found}, which is {'newer than' if side == 'above' else 'not one of'} the supported releases",
        advice=f"Gradings may work ({bounds}). If one fails, switch to a supported release:  {command}",
    )


def _dotted(release: tuple[int, int]) -> str:
    return f"{release[0]}.{release[1]}"


def _cpus() -> Reading:
    n = os.cpu_count() or 1
    if n >= 2:
        return Reading(subject="CPUs", state="good", found=str(n))
    advice = "Speed will often be inconclusive: two clusters share this one CPU."
    return Reading(subject="CPUs", state="warn", found=str(n), advice=advice)


def _load() -> Reading:
    busy = os.getloadavg()[0]
    n = os.cpu_count() or 1
    found = f"{busy:.1f} processes want to run, on {n} CPUs"
    if busy <= n:
        return Reading(subject="load", state="good", found=found)
    advice = "Close whatever else is running, or speed may be inconclusive."
    return Reading(subject="load", state="warn", found=found, advice=advice)


def _memory() -> Reading:
    free = psutil.virtual_memory().available
    found = f"{free / 1e9:.1f} GB available"
    if free >= MIN_MEMORY_BYTES:
        return Reading(subject="memory", state="good", found=found)
    advice = f"Two clusters need about {MIN_MEMORY_BYTES / 1e9:.0f} GB: close whatever else is running."
    return Reading(subject="memory", state="warn", found=found, advice=advice)


def _shared(challenges: Iterable[Challenge]) -> Reading:
    if not _SHARED.is_dir():
        return Reading(subject="shared memory", state="good", found="not a folder on this system")
    free = shutil.disk_usage(_SHARED).free
    needs = {c.name: c.shared_memory_bytes for c in challenges}
    short = sorted(name for name, needed in needs.items() if needed > free)
    found = f"{free / 1e9:.2f} GB free in {_SHARED}"
    if not short:
        return Reading(subject="shared memory", state="good", found=found)
    most = max(needs.values()) / 1e9
    advice = (
        f"Too little for {', '.join(short)}: two object stores need up to {most:.2f} GB. In Docker, start "
        f"the container with --shm-size={math.ceil(most)}g; otherwise free some space there."
    )
    return Reading(subject="shared memory", state="bad", found=found, advice=advice)


def _disk() -> Reading:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free in {folder}"
    if free >= MIN_DISK_BYTES:
        return Reading(subject="disk", state="good", found=found)
    advice = "Ray warns and spills badly on a full disk: free some space."
    return Reading(subject="disk", state="warn", found=found, advice=advice)


def _left(leftovers: Iterable[Path]) -> Reading:
    removed = [str(path) for path in leftovers]
    found = f"removed what ended runs had left behind: {', '.join(removed)}" if removed else "none"
    return Reading(subject="leftovers", state="good", found=found)
