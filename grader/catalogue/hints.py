"""Hints, one level at a time; the levels read are recorded and shown with later scores."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from grader.catalogue.challenges import ROOT, Challenge
from grader.catalogue.stages import stage_part
from grader.errors import ChallengeError, UsageError
from grader.system.files import writing

FOLDER = ROOT / ".grade" / "hints"


def hint_levels(challenge: Challenge, stage: int = 0) -> list[tuple[str, str]]:
    """Titles and texts of hints, mildest first.

    Args:
        challenge: Whose.
        stage: Only those below the heading of this stage; 0 for a challenge without stages.

    Raises:
        ChallengeError: hints.md has no headings, or nothing for this stage.
    """
    if not (challenge.folder / "hints.md").exists():
        raise UsageError(f"This is a student's copy, without the hints of {challenge.name}: ask your teacher")
    text, marks = (challenge.folder / "hints.md").read_text(encoding="utf-8"), "##"
    where = f"challenges/{challenge.name}/hints.md"
    if stage:
        part = stage_part(text, stage)
        if part is None:
            heading = challenge.stage(stage).heading
            raise ChallengeError(f"{where} has no hints for stage {stage}. Write a heading  ## {heading}")
        text, marks = part.text, f"{part.marks}#"
    pattern = re.compile(rf"^{marks} *(?:\d+\. *)?(?P<title>[^#].*?) *$", re.MULTILINE)
    headings = list(pattern.finditer(text))
    if not headings:
        raise ChallengeError(
            f"{where} has no levels{f' for stage {stage}' if stage else ''}. Write three:  "
            f"{marks} 1. Nudge  {marks} 2. Approach  {marks} 3. Sketch"
        )
    ends = [h.start() for h in headings[1:]] + [len(text)]
    return [(h["title"], text[h.end() : end].strip()) for h, end in zip(headings, ends, strict=True)]


def hints_read(name: str, folder: Path = FOLDER, *, stage: int | None = None) -> int:
    """How many levels of a challenge's hints have been read.

    Args:
        name: Of the challenge.
        folder: Where this is kept.
        stage: Count only the hints of this stage; None counts all. Hints that were read before the
            challenge had stages belong to none of them.
    """
    return sum(stage in (None, _stage_of(entry)) for entry in _entries(folder / f"{name}.json"))


def note_hint(name: str, folder: Path = FOLDER, *, stage: int = 0) -> int:
    """Record that one more level was read; returns how many of this stage have been read by now.

    Raises:
        GradingError: It cannot be written.
    """
    path = folder / f"{name}.json"
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    entries = [*_entries(path), {"when": when, "stage": stage} if stage else when]
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(entries), encoding="utf-8")
        part.replace(path)
    return sum(_stage_of(entry) == stage for entry in entries)


def _entries(path: Path) -> list[Any]:
    """An entry for each hint that was read; none if they cannot be told."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []


def _stage_of(entry: object) -> int:
    return int(entry["stage"]) if isinstance(entry, dict) else 0
