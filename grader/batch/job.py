"""What one grading of a batch is asked to do, and what came of it: plain values, between all its steps."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """One file that was handed in.

    Args:
        who: Any text.
        challenge: Name of the challenge it is for.
        name: The file, as it is called in the folder.
        source: Its bytes.
        sha256: Their digest in hex.
    """

    who: str
    challenge: str
    name: str
    source: bytes = field(repr=False)
    sha256: str

    @classmethod
    def of(cls, who: str, challenge: str, name: str, source: bytes) -> HandedIn:
        """With the digest of the bytes."""
        digest = hashlib.sha256(source).hexdigest()
        return cls(who=who, challenge=challenge, name=name, source=source, sha256=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One grading.

    Args:
        file: What to grade.
        repeat: Which grading of this file it is, from 1 on.
        seed: Where its inputs come from.
        only: Names of the behaviours to judge; None for all.
        is_alone: Whether nothing else of the batch may run at the same time.
    """

    file: HandedIn
    repeat: int
    seed: int
    only: tuple[str, ...] | None = None
    is_alone: bool = False

    @property
    def key(self) -> Key:
        """What makes it one grading, however often it is tried."""
        return self.file.who, self.file.challenge, self.repeat

    @property
    def label(self) -> str:
        """As people are told about it."""
        again = f", {self.repeat}" if self.repeat > 1 else ""
        return f"{self.file.who} · {self.file.challenge}{again}"

    def to_json(self) -> dict[str, Any]:
        """What a judge is asked."""
        return {
            "challenge": self.file.challenge,
            "name": self.file.name,
            "source": base64.b64encode(self.file.source).decode("ascii"),
            "seed": self.seed,
            "only": self.only,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What came of a grading.

    Args:
        job: What was asked.
        document: The record as `--json` prints it, with traces; None if nothing was judged.
        problem: Why nothing was judged; empty if something was.
        node: Where it ran; empty if it ran nowhere.
        cpus: Which CPUs it had to itself; empty if it was not pinned.
        seconds: From its start on the node to its end.
    """

    job: Job
    document: dict[str, Any] | None
    problem: str = ""
    node: str = ""
    cpus: tuple[int, ...] = ()
    seconds: float = 0.0

    @classmethod
    def from_answer(cls, job: Job, answer: dict[str, Any], node: str) -> Graded:
        """From what a judge answered."""
        return cls(
            job=job,
            document=answer.get("document"),
            problem=str(answer.get("problem", "")),
            node=node,
            cpus=tuple(answer.get("cpus", ())),
            seconds=float(answer.get("seconds", 0.0)),
        )

    @property
    def is_disturbed(self) -> bool:
        """Whether something was left open that a quiet machine would have settled."""
        return self.document is not None and not_judged(self.document["checks"])


def not_judged(checks: Iterable[dict[str, Any]]) -> bool:
    """Whether any of these behaviours was not judged."""
    return any(check["outcome"] in ("inconclusive", "error") for check in checks)
