"""What can be said about the stages of a challenge without grading: their behaviours and their texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from grader.authoring.claim import Claim, stated
from grader.catalogue.challenges import Challenge
from grader.catalogue.excerpts import excerpts
from grader.catalogue.hints import hint_levels
from grader.catalogue.stages import LEAST, MOST, Stage, stage_parts
from grader.errors import ChallengeError
from grader.judge.behaviour import Behaviour
from grader.judge.selection import astray

STAGED_FROM_LEVEL = 3
LEAST_MINUTES = 15
LEAST_HINTS = 2


def check_stages(challenge: Challenge, suite: Sequence[Behaviour], races: frozenset[str]) -> list[Claim]:
    """Whether there are stages where there must be, with behaviours, and a part of each text.

    Args:
        challenge: Whose.
        suite: The behaviours of its suite.
        races: Names of those that compare speed.
    """
    wanted = list(_wanted(challenge, suite, races))
    minutes = " + ".join(str(stage.minutes) for stage in challenge.stages)
    good = (
        f"{len(challenge.stages)}, of {minutes} min" if challenge.stages else "none: levels 1 and 2 need none"
    )
    claims = [stated("stages", not wanted, good, "; ".join(wanted))]
    if challenge.stages:
        lacking = [line for name, text in _texts(challenge).items() for line in _gaps(challenge, name, text)]
        lacking += [*_hint_gaps(challenge), *_note_gaps(challenge)]
        claims.append(
            stated("texts", not lacking, "each stage has its brief, hints and notes", "; ".join(lacking))
        )
    return claims


def _wanted(challenge: Challenge, suite: Sequence[Behaviour], races: frozenset[str]) -> Iterator[str]:
    """What is wrong with stages and behaviours."""
    stages = challenge.stages
    needs_some = challenge.level >= STAGED_FROM_LEVEL
    if (stages or needs_some) and not LEAST <= len(stages) <= MOST:
        why = f"level {challenge.level} needs" if needs_some else "write none, or"
        yield f"challenge.toml has {len(stages)}: {why} {LEAST} to {MOST} [[stage]] tables"
    if defect := astray(challenge, suite):
        yield defect
    titles = [stage.title for stage in stages]
    if len(set(titles)) < len(titles):
        yield "two stages have the same title"
    for stage in stages:
        if not any(b.stage == stage.number and b.name not in races for b in suite):
            yield f"stage {stage.number} needs a behaviour that does not compare speed"
        if needs_some and stage.minutes < LEAST_MINUTES:
            yield f"stage {stage.number} takes {stage.minutes} min, fewer than {LEAST_MINUTES}: join two"


def _texts(challenge: Challenge) -> Mapping[str, str]:
    """The texts that have a part for each stage, by file name."""
    paths = (challenge.folder / "README.md", challenge.folder / "hints.md", challenge.reference / "NOTES.md")
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def _gaps(challenge: Challenge, name: str, text: str) -> Iterator[str]:
    """Where the headings of a text are not those of the stages, in their order."""
    wanted = [stage.heading for stage in challenge.stages]
    found = [f"Stage {part.number}: {part.title}" for part in stage_parts(text)]
    if missing := [heading for heading in wanted if heading not in found]:
        yield f"{name} has no heading  {missing[0]}"
    elif found != wanted:
        yield f"the headings of stages in {name} are {', '.join(found)}; expected {', '.join(wanted)}"


def _hint_gaps(challenge: Challenge) -> Iterator[str]:
    """Stages with too few hints."""
    for stage in challenge.stages:
        try:
            n_levels = len(hint_levels(challenge, stage.number))
        except ChallengeError:
            n_levels = 0
        if n_levels < LEAST_HINTS:
            yield f"hints.md has {n_levels} hints for stage {stage.number}: write a nudge and an approach"


def _note_gaps(challenge: Challenge) -> Iterator[str]:
    """Stages of which the notes on the reference name no code."""
    program = challenge.reference_path.read_text(encoding="utf-8")
    parts = {part.number: part for part in stage_parts(_texts(challenge)["NOTES.md"])}
    for stage in challenge.stages:
        if stage.number in parts and not excerpts(program, parts[stage.number].text):
            yield _unnamed(stage)


def _unnamed(stage: Stage) -> str:
    return f"NOTES.md names no function of the reference for stage {stage.number}: write it in backticks"
