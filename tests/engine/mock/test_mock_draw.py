"""The same seed draws the same set, and each set fits its shape."""

import pytest

from grader.catalogue.questions import Question
from grader.catalogue.stages import Stage
from grader.errors import UsageError
from grader.mock.draw import SHAPES, draw, stages_that_fit
from grader.mock.fixed_set import read_set
from grader.mock.plan import Plan
from tests.support.examples import a_challenge

KINDS = ("fix", "debug", "optimise", "implement", "implement", "fix")
CHALLENGES = [a_challenge(name=f"c{n}", kind=kind, level=1 + n % 5) for n, kind in enumerate(KINDS)]


def a_question(number, kind="choice", topic="tasks", level=2):
    return Question(
        id=f"q{number}", topic=topic, kind=kind, level=level, text="What?", choices=("a", "b", "c", "d"),
        answer=1, rubric=(), minutes=1, explanation="So.", source="Ray", check="",
    )  # fmt: skip


TOPICS = ("tasks", "actors", "memory")
QUESTIONS = [
    a_question(f"{kind}{n}", kind, TOPICS[n % 3], 1 + n % 5)
    for kind in ("choice", "short", "design")
    for n in range(12)
]


def drawn(**changes):
    usual = {
        "shape": "screen", "minutes": None, "level": 0, "seed": 7,
        "challenges": CHALLENGES, "questions": QUESTIONS, "solved": (),
    }  # fmt: skip
    return draw(**(usual | changes))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_set_is_as_its_shape_says(shape):
    plan = drawn(shape=shape)
    kinds = [next(c.kind for c in CHALLENGES if c.name == name) for name in plan.challenges]
    assert len(set(plan.challenges)) == len(plan.challenges)
    assert all(kind in allowed for kind, allowed in zip(kinds, SHAPES[shape].coding, strict=True))
    asked = [next(q for q in QUESTIONS if q.id == each) for each in plan.questions]
    count = {kind: sum(q.kind == kind for q in asked) for kind in ("choice", "short", "design")}
    form = SHAPES[shape]
    assert count == {"choice": form.n_choice, "short": form.n_short, "design": form.n_design}
    assert plan.minutes == form.minutes
    if form.n_choice:
        assert len({q.topic for q in asked if q.kind == "choice"}) == len(TOPICS)


def test_the_same_seed_draws_the_same_set_and_another_one_another():
    assert drawn(seed=3) == drawn(seed=3)
    assert drawn(seed=3, challenges=CHALLENGES[::-1], questions=QUESTIONS[::-1]) == drawn(seed=3)
    assert len({drawn(seed=seed).questions for seed in range(10)}) > 5


def test_solved_challenges_come_only_when_nothing_else_is_left():
    solved = {"c0", "c1", "c2"}
    for seed in range(20):
        assert drawn(seed=seed, solved=solved).challenges[0] not in solved
    assert drawn(solved={c.name for c in CHALLENGES}).challenges


def test_the_level_is_met_as_nearly_as_there_are_any():
    for seed in range(20):
        (name,) = drawn(seed=seed, level=5).challenges
        level = next(c.level for c in CHALLENGES if c.name == name)
        assert level >= 4
    assert drawn(level=3, minutes=10).minutes == 10


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shape": "lunch"}, "warm_up, junior, screen, debugging, onsite"),
        ({"shape": "onsite", "challenges": CHALLENGES[:3]}, "implement"),
        ({"questions": QUESTIONS[:3]}, "needs 6 questions of kind choice, and the bank has 3"),
    ],
)
def test_what_cannot_be_drawn_is_said(changes, words):
    with pytest.raises(UsageError, match=words):
        drawn(**changes)


def test_shapes_for_beginners_ask_for_nothing_hard():
    for shape, highest in (("warm_up", 1), ("junior", 2)):
        plan = drawn(shape=shape)
        levels = [next(c.level for c in CHALLENGES if c.name == name) for name in plan.challenges]
        assert max(levels) <= highest
        asked = [next(q.level for q in QUESTIONS if q.id == each) for each in plan.questions]
        assert max(asked) <= highest + 1
    with pytest.raises(UsageError, match="of level 1 at most, and none is left"):
        drawn(shape="warm_up", challenges=[c for c in CHALLENGES if c.level > 1])


def test_a_challenge_of_an_hour_is_no_part_of_a_short_screen_while_there_are_shorter_ones():
    by_name = {
        f"m{minutes}": a_challenge(name=f"m{minutes}", kind="fix", minutes=minutes) for minutes in (30, 60)
    }
    challenges = list(by_name.values())
    assert {drawn(seed=seed, challenges=challenges).challenges for seed in range(20)} == {("m30",)}
    assert {len(drawn(seed=seed, challenges=challenges[1:]).challenges) for seed in range(3)} == {1}
    long = {drawn(seed=seed, challenges=challenges, minutes=90).challenges for seed in range(20)}
    assert long == {("m30",), ("m60",)}


# -- stages --------------------------------------------------------------------------------------


def a_staged(name, *minutes, kind="fix"):
    stages = tuple(Stage(number=n, title=f"T{n}", minutes=each) for n, each in enumerate(minutes, 1))
    return a_challenge(name=name, kind=kind, minutes=sum(minutes), stages=stages)


@pytest.mark.parametrize(
    ("minutes", "challenges", "expected"),
    [
        (35, [a_staged("a", 20, 15, 40)], (2,)),
        (34, [a_staged("a", 20, 15, 40)], (1,)),
        (10, [a_staged("a", 20, 15)], (1,)),
        (75, [a_staged("a", 20, 15, 40)], (3,)),
        (60, [a_staged("a", 20, 15, 40), a_staged("b", 25, 20)], (2, 1)),
        (90, [a_staged("a", 20, 15, 40), a_staged("b", 25, 20)], (2, 2)),
        (60, [a_challenge(name="c", minutes=30), a_staged("a", 20, 10)], (0, 2)),
    ],
)
def test_as_many_stages_are_asked_for_as_there_is_time_for(minutes, challenges, expected):
    assert stages_that_fit(challenges, minutes) == expected


def test_a_long_challenge_is_drawn_in_part():
    plan = drawn(challenges=[a_staged("long", 20, 15, 40)])
    assert (plan.challenges, plan.stages, plan.n_stages("long")) == (("long",), (2,), 2)
    assert drawn(challenges=[a_challenge(name="short", kind="fix")]).n_stages("short") == 0


def test_a_challenge_whose_first_stage_is_too_long_comes_only_when_nothing_else_is_left():
    challenges = [a_staged("hour", 60, 20), a_staged("mine", 25, 60)]
    assert {drawn(seed=seed, challenges=challenges).challenges for seed in range(20)} == {("mine",)}
    assert drawn(challenges=challenges[:1]).challenges == ("hour",)


def test_a_plan_without_stages_asks_for_whole_challenges():
    plan = drawn(challenges=[a_staged("long", 20, 15, 40)])
    document = plan.to_json()
    assert Plan.from_json(document) == plan
    del document["stages"]
    assert Plan.from_json(document).n_stages("long") == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("stages = { long = 3 }", "asks for 3 of long, which has 2"),
        ("stages = { other = 1 }", "stages names other"),
        ('stages = { long = "all" }', "A set looks like this"),
    ],
)
def test_a_set_can_ask_for_stages_and_only_for_those_there_are(tmp_path, line, words):
    challenges, path = [a_staged("long", 20, 15)], tmp_path / "set.toml"
    path.write_text('minutes = 40\nchallenges = ["long"]\nstages = { long = 1 }\n')
    assert read_set(path, challenges, []).n_stages("long") == 1
    path.write_text(f'minutes = 40\nchallenges = ["long"]\n{line}\n')
    with pytest.raises(UsageError, match=words):
        read_set(path, challenges, [])
