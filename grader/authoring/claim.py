"""A statement of the proof of a challenge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement of the proof.

    Args:
        subject: What was examined.
        holds: Whether it is as it must be.
        detail: What was seen; where it does not hold, what to do.
    """

    subject: str
    holds: bool
    detail: str


def stated(subject: str, holds: bool, good: str, bad: str) -> Claim:
    """A claim with the words for either case."""
    return Claim(subject=subject, holds=holds, detail=good if holds else bad)
