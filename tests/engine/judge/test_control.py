"""What a solution provokes in a suite or its world is its own failure; a defect of the suite is ours."""

import pytest

from grader.catalogue.challenges import read_challenge
from grader.judge.arena import Arena
from grader.judge.engine import grade

SUITE = '''
"""A suite that looks at books and answers without care, as no suite should."""

from grader.suite import behaviour, same


@behaviour(points=25, category="correctness", stage=1)
def test_books(learner):
    """The first fetch is looked at."""
    seen = learner.call("total", [1, 2], returns=int)
    assert learner.world.ledger.entries("fetch")[0].args, "a fetch has a key"
    same(seen, learner.world.numbers[1] + learner.world.numbers[2], "the total")


@behaviour(points=25, category="correctness", stage=1)
def test_world(learner, rng):
    """The world divides by what it is given."""
    learner.call("total", [int(rng.integers(64))], returns=int)


@behaviour(points=25, category="correctness", stage=1)
def test_defective(learner):
    """The suite has a defect."""
    learner.call("total", [1], returns=int)
    assert {}["nothing"], "never seen"


@behaviour(points=25, category="performance", stage=2)
def test_speed(race):
    """A round is looked at without care."""

    def check(world, args, kwargs, value):
        assert world.ledger.entries("fetch")[0].args, "a fetch has a key"
        same(value, sum(world.numbers[key] for key in args[0]), "the total")

    race.run("total", draw=lambda _w, _r: (([3, 4],), {}), returns=int, check=check, naive_ratio=3.0)
'''
ODD = """
    async def halve(self, call: Call, n: int) -> float:
        return 1 / n

    async def _overlapping"""
ROGUE = """
import contextlib

import service_link


def total(keys):
    with contextlib.suppress(service_link.Refused):
        service_link.ask("halve", len([key for key in keys if key > 64]))
    return 0
"""


@pytest.fixture
def challenge(toy_root):
    hidden = toy_root / "challenges" / "toy" / "hidden"
    (hidden / "test_spec.py").write_text(SUITE)
    world = (hidden / "world.py").read_text()
    (hidden / "world.py").write_text(world.replace("\n    async def _overlapping", ODD, 1))
    return read_challenge("toy", toy_root)


@pytest.mark.timeout(240)
def test_an_exception_in_a_suite_is_blamed_on_what_the_reference_does_not_provoke(challenge, tmp_path):
    rogue = tmp_path / "rogue.py"
    rogue.write_text(ROGUE)
    honest = challenge.folder.parents[1] / "tests" / "right" / "toy" / "key_tasks.py"
    arena = Arena(challenge)
    ended = {}
    try:
        for name, path in (("rogue", rogue), ("honest", honest), ("reference", challenge.reference_path)):
            only = None if name != "honest" else frozenset(["test_books", "test_world", "test_defective"])
            record = grade(challenge, challenge.submission(path), arena=arena, only=only)
            ended[name] = {check.behaviour.name: check for check in record.checks}
    finally:
        arena.close()
    outcomes = {name: {n: check.outcome for n, check in checks.items()} for name, checks in ended.items()}
    assert outcomes["rogue"] == {
        "test_books": "fail",
        "test_world": "fail",
        "test_defective": "error",
        "test_speed": "fail",
    }
    # a race may end in any way on a busy machine, but not as a fault
    assert outcomes["reference"].pop("test_speed") in ("pass", "partial", "fail", "inconclusive")
    for twin in ("honest", "reference"):
        assert outcomes[twin] == {"test_books": "pass", "test_world": "pass", "test_defective": "error"}
    assert "ZeroDivisionError" in ended["rogue"]["test_books"].message  # the world's defect comes first
    assert "with the reference" in ended["rogue"]["test_speed"].message
    assert ended["rogue"]["test_defective"].message.startswith("Our bug, not yours: ")
