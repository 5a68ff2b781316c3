"""What the judge orders from a warden: the side's folder, the cluster's size and the limits; plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNeeds:
    """What a challenge needs from its cluster.

    Args:
        num_cpus: Logical CPUs.
        object_store_mb: Size of the object store in MB (10^6 bytes).
        resources: Custom resources by name.
    """

    num_cpus: int
    object_store_mb: int
    resources: dict[str, float]

    def to_plain(self) -> dict[str, Any]:
        """As plain data for the warden."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SideFolder:
    """The folder that holds all of a side: staged code, sockets, Ray's session, stacks.

    Its path is short because a Unix socket's path may have at most 107 bytes.
    """

    root: Path

    @property
    def work(self) -> Path:
        """Staged solution and its service; the driver's working directory."""
        return self.root / "work"

    @property
    def inside(self) -> Path:
        """The engine's own modules that run inside the side."""
        return self.root / "inside"

    @property
    def stacks(self) -> Path:
        """One file per process, written on SIGUSR1."""
        return self.root / "stacks"

    @property
    def ray(self) -> Path:
        """Ray's temporary folder."""
        return self.root / "ray"

    @property
    def home(self) -> Path:
        """HOME of every process of the side."""
        return self.root / "home"

    @property
    def judge_socket(self) -> Path:
        """Where the driver meets the judge."""
        return self.root / "judge.sock"

    @property
    def world_socket(self) -> Path:
        """Where the service meets its world."""
        return self.root / "world.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the solution's processes may use together.

    Args:
        memory_bytes: Anonymous memory, and shared memory beyond the size of the object store.
        processes: Processes, including Ray's workers.
        threads: Threads in all of them.
        disk_bytes: Files below the side's folder; also the most that a single file may hold.
    """

    memory_bytes: int = 4_000_000_000
    processes: int = 200
    threads: int = 6_000
    disk_bytes: int = 4_000_000_000

    def to_plain(self) -> dict[str, int]:
        """As plain data for the warden."""
        return asdict(self)
