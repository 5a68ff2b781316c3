"""Where the gradings of a batch run, as the driver sees it: see `here` and `cluster`."""

from __future__ import annotations

from typing import Protocol

from grader.batch.job import Graded, Job


class Pool(Protocol):
    """Places for gradings."""

    @property
    def where(self) -> str:
        """How many gradings run side by side and why, as a sentence."""
        ...

    @property
    def n_places(self) -> int:
        """How many gradings run side by side, at the moment."""
        ...

    def has_room(self, *, alone: bool) -> bool:
        """Whether another job can be handed in now."""
        ...

    def submit(self, job: Job) -> None:
        """Hand a job in."""
        ...

    def next_done(self, within_s: float) -> Graded | None:
        """What came of one of the jobs, in any order; None if none ends within the time."""
        ...

    def running(self) -> dict[str, list[str]]:
        """The jobs' labels by the node they run on; idle nodes have none."""
        ...

    def close(self) -> None:
        """End all that was started, on all nodes."""
        ...
