"""Which submissions are equal or nearly so: a fact to look at, and no verdict. Pure.

Two files are compared by their runs of `RUN` words, with all names made equal, so that renaming and comments
change nothing. Runs that the stub has too say nothing: everybody was given them. No file is parsed or run.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from grader.batch.job import HandedIn

RUN = 6
MIN_RUNS = 24  # shorter programs look alike by themselves
NEAR = 0.8
MAX_WORDS = 20_000
_WORD = re.compile(
    r"#[^\n]*|(?P<text>\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*')|(?P<name>[^\W\d]\w*)|\d+|[^\s\w]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two submissions for the same challenge that are nearly equal.

    Args:
        share: Runs that both have, of those that either has.
    """

    one: HandedIn
    other: HandedIn
    share: float


def equal(files: Iterable[HandedIn]) -> list[list[HandedIn]]:
    """Groups of submissions by different people that are equal byte by byte."""
    found: dict[tuple[str, str], list[HandedIn]] = {}
    for file in files:
        found.setdefault((file.challenge, file.sha256), []).append(file)
    return [group for group in found.values() if len(group) > 1]


def near(files: Sequence[HandedIn], stubs: Mapping[str, bytes]) -> list[Pair]:
    """Pairs that are nearly equal and not equal, the nearest first.

    Args:
        files: All submissions.
        stubs: What everybody was given, by challenge.
    """
    given = {challenge: _runs(stub) for challenge, stub in stubs.items()}
    runs: dict[str, dict[str, tuple[HandedIn, set[int]]]] = {}
    for file in files:  # equal ones are compared once
        alike = runs.setdefault(file.challenge, {})
        if file.sha256 not in alike:
            alike[file.sha256] = file, _runs(file.source) - given.get(file.challenge, set())
    pairs = []
    for alike in runs.values():
        long_enough = [each for each in alike.values() if len(each[1]) >= MIN_RUNS]
        for (one, mine), (other, theirs) in combinations(long_enough, 2):
            share = _share(mine, theirs)
            if share >= NEAR:
                pairs.append(Pair(one=one, other=other, share=share))
    return sorted(pairs, key=lambda pair: -pair.share)


def _share(mine: set[int], theirs: set[int]) -> float:
    if min(len(mine), len(theirs)) < NEAR * max(len(mine), len(theirs)):
        return 0.0
    common = len(mine & theirs)
    return common / (len(mine) + len(theirs) - common)


def _runs(source: bytes) -> set[int]:
    words = _words(source.decode("utf-8", errors="replace"))
    return {hash(tuple(words[n : n + RUN])) for n in range(len(words) - RUN + 1)}


def _words(text: str) -> list[str]:
    words = []
    for found in _WORD.finditer(text):
        if found["name"] is not None:
            words.append(found["name"] if keyword.iskeyword(found["name"]) else "name")
        elif found["text"] is not None:
            words.append("text")
        elif not found[0].startswith("#"):
            words.append(found[0])
        if len(words) == MAX_WORDS:
            break
    return words
