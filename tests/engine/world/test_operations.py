"""A caller's mistakes are told apart from a world's."""

import pytest

from grader.world.operations import declared, misuse
from grader.world.outside import Call, OutsideWorld


class World(OutsideWorld):
    async def fetch(self, call: Call, key: int) -> int: ...

    async def weigh(self, call: Call, grams: float, note: str | None = None) -> None: ...

    async def rows(self, call: Call, rows: list[int], anything, *more: int) -> None: ...

    async def deep(self, call: Call, table: dict[str, list[int]], pair: tuple[str, int]) -> None: ...

    async def old(self, call: Call, key: "NotImported") -> None: ...  # noqa: F821


OPERATIONS = declared(World, OutsideWorld)


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("fetch", (3,)),
        ("weigh", (3,)),
        ("weigh", (1.5, None)),
        ("weigh", (1.5, "x")),
        ("rows", ([], None)),
        ("rows", ([1], {"any": "thing"})),
        ("deep", ({"a": [1], "b": []}, ("x", 1))),
        ("old", (object(),)),
    ],
)
def test_a_call_as_declared_makes_sense(op, args):
    assert misuse(OPERATIONS, op, args) == []


@pytest.mark.parametrize(
    ("op", "args", "words"),
    [
        ("fetch", (), "fetch(key): missing a required argument"),
        ("fetch", (1, 2), "too many"),
        ("fetch", ("one",), "key must be int, not 'one'"),
        ("fetch", (True,), "key must be int, not True"),
        ("fetch", (None,), "not None"),
        ("weigh", ("heavy",), "grams must be float"),
        ("weigh", (1.0, 5), "note must be str | None"),
        ("rows", ({}, 1), "rows must be list[int]"),
        ("rows", ([1, [2]], 1), "rows must be list[int], not [1, [2]]"),
        ("deep", ({"a": [1.5]}, ("x", 1)), "table must be dict[str, list[int]]"),
        ("deep", ({1: []}, ("x", 1)), "table must be dict[str, list[int]]"),
        ("deep", ({}, ("x", 1, 1)), "pair must be tuple[str, int]"),
        ("until", (), "until"),
        ("__init__", (), "__init__"),
        ("x" * 10_000, (), "x"),
    ],
)
def test_a_call_that_is_not_declared_is_told_to_its_caller(op, args, words):
    kind, detail = misuse(OPERATIONS, op, args)
    assert kind == ("WrongArguments" if op in OPERATIONS else "NoSuchOperation")
    assert words in detail
    assert len(detail) < 300
