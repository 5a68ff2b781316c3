"""Has the modules that every Ray process imports compiled once, however they were installed.

pip compiles what it installs; uv does not, and a side's processes write no bytecode: each worker would
compile Ray's modules again whenever it starts. The parts that are used take three seconds of CPU.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import cache_from_source, find_spec
from pathlib import Path

# Parts of Ray that a cluster without its libraries never imports.
UNUSED = frozenset({"air", "dag", "data", "llm", "rllib", "serve", "train", "tune", "workflow"})
IMPORTED = "import numpy, ray, ray.scripts.scripts, ray.util.queue, ray._private.workers.default_worker"
COMPILE_WITHIN_S = 120.0


def is_compiled() -> bool:
    """Whether Ray's own modules have bytecode, or Ray is not there to have any."""
    spec = find_spec("ray")
    return spec is None or spec.origin is None or Path(cache_from_source(spec.origin)).exists()


def compile_ray() -> bool:
    """Compile what is missing; costs nothing when nothing is.

    Returns:
        Whether it is compiled now. Where the environment cannot be written to it stays as it was: gradings
        work, and start more slowly.
    """
    if is_compiled():
        return True
    spec = find_spec("ray")
    assert spec is not None
    assert spec.origin is not None
    parts = [str(part) for part in Path(spec.origin).parent.iterdir() if _is_used(part)]
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for arguments in (["-m", "compileall", "-q", "-j", "0", *parts], ["-c", IMPORTED]):
        try:
            subprocess.run(
                [sys.executable, *arguments],
                env=own,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=COMPILE_WITHIN_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return is_compiled()


def _is_used(part: Path) -> bool:
    return (part.is_dir() or part.suffix == ".py") and part.name not in UNUSED
