"""Hints, one level at a time; the levels read are recorded and shown with later scores."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from grader.catalogue.challenges import ROOT, Challenge
from grader.errors import ChallengeError
from grader.system.files import writing

FOLDER = ROOT / ".grade" / "hints"
_HEADING = re.compile(r"^## *(?:\d+\. *)?(?P<title>.+?) *$", re.MULTILINE)


def hint_levels(challenge: Challenge) -> list[tuple[str, str]]:
    """Titles and texts of a challenge's hints, mildest first.

    Raises:
        ChallengeError: hints.md has no headings.
    """
    text = (challenge.folder / "hints.md").read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    if not headings:
        raise ChallengeError(
            f"challenges/{challenge.name}/hints.md has no levels. Write three:  ## 1. Nudge  "
            "## 2. Approach  ## 3. Sketch"
        )
    ends = [h.start() for h in headings[1:]] + [len(text)]
    return [(h["title"], text[h.end() : end].strip()) for h, end in zip(headings, ends, strict=True)]


def hints_read(name: str, folder: Path = FOLDER) -> int:
    """How many levels of a challenge's hints have been read."""
    try:
        return len(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return 0


def note_hint(name: str, folder: Path = FOLDER) -> int:
    """Record that one more level was read; returns how many have been read by now.

    Raises:
        GradingError: It cannot be written.
    """
    path = folder / f"{name}.json"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = []
    times = [*before, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())]
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(times), encoding="utf-8")
        part.replace(path)
    return len(times)
