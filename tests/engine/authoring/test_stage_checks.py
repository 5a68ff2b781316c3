"""Whether stages have behaviours and a part of each text: what is wrong is said with what to write."""

import dataclasses

import pytest

from grader.authoring.stage_checks import check_stages
from grader.catalogue.stages import Stage
from grader.judge.behaviour import Behaviour
from tests.support.examples import a_challenge

STAGES = tuple(Stage(number=n, title=title, minutes=20) for n, title in enumerate(("Waits", "Deaths"), 1))
HINTS = "### 1. Nudge\nLook.\n### 2. Approach\nThink.\n"


def a_text(part, *titles):
    return "\n".join(f"## Stage {n}: {title}\n{part}" for n, title in enumerate(titles, 1))


def a_behaviour(name, stage):
    return Behaviour(name=name, title=name, points=10, category="memory", required=False, stage=stage)


SUITE = [a_behaviour("test_a", 1), a_behaviour("test_b", 2), a_behaviour("test_speed", 2)]


@pytest.fixture
def challenge(tmp_path):
    (tmp_path / "README.md").write_text(a_text("Do it.", "Waits", "Deaths"))
    (tmp_path / "hints.md").write_text(a_text(HINTS, "Waits", "Deaths"))
    (tmp_path / "NOTES.md").write_text(a_text("See `run`.", "Waits", "Deaths"))
    (tmp_path / "solution.py").write_text("def run():\n    pass\n")
    return a_challenge(folder=tmp_path, reference=tmp_path, level=3, stages=STAGES)


def examined(challenge, suite=SUITE):
    claims = check_stages(challenge, suite, frozenset(["test_speed"]))
    return all(claim.holds for claim in claims), "; ".join(claim.detail for claim in claims)


def test_a_challenge_with_stages_all_through_holds(challenge):
    holds, said = examined(challenge)
    assert holds
    assert said == "2, of 20 + 20 min; each stage has its brief, hints and notes"


@pytest.mark.parametrize(
    ("changes", "suite", "words"),
    [
        ({"stages": ()}, [a_behaviour("test_a", 0)], "has 0: level 3 needs 2 to 5"),
        ({"stages": STAGES[:1], "level": 1}, SUITE[:1], "has 1: write none, or 2 to 5"),
        ({}, [*SUITE, a_behaviour("test_c", 0)], "test_c has stage 0: write stage=1 to stage=2"),
        ({}, [*SUITE, a_behaviour("test_c", 3)], "test_c has stage 3"),
        ({}, [SUITE[0], SUITE[2]], "stage 2 needs a behaviour that does not compare speed"),
        ({"stages": (STAGES[0], dataclasses.replace(STAGES[1], title="Waits"))}, SUITE, "the same title"),
        ({"stages": (STAGES[0], dataclasses.replace(STAGES[1], minutes=10))}, SUITE, "takes 10 min"),
    ],
)
def test_what_is_wrong_with_stages_is_told(challenge, changes, suite, words):
    holds, said = examined(dataclasses.replace(challenge, **changes), suite)
    assert not holds
    assert words in said


def test_an_easy_challenge_needs_no_stages(challenge):
    holds, said = examined(dataclasses.replace(challenge, stages=(), level=2), [a_behaviour("test_a", 0)])
    assert holds
    assert said == "none: levels 1 and 2 need none"


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("README.md", a_text("Do it.", "Waits"), "README.md has no heading  Stage 2: Deaths"),
        ("README.md", a_text("Do it.", "Waits", "Death"), "README.md has no heading  Stage 2: Deaths"),
        ("README.md", a_text("Do it.", "Waits", "Deaths", "More"), "expected Stage 1: Waits, Stage 2"),
        ("hints.md", a_text("### 1. Nudge\nLook.", "Waits", "Deaths"), "1 hints for stage 1"),
        ("hints.md", a_text("Look.", "Waits", "Deaths"), "0 hints for stage 2"),
        (
            "NOTES.md",
            a_text("See `walk`.", "Waits", "Deaths"),
            "names no function of the reference for stage 1",
        ),
    ],
)
def test_what_is_missing_in_a_text_is_told(challenge, file, text, words):
    (challenge.folder / file).write_text(text)
    holds, said = examined(challenge)
    assert not holds
    assert words in said
