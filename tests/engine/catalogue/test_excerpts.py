"""Of a program, exactly the definitions that a text names."""

import pytest

from grader.catalogue.excerpts import excerpts

PROGRAM = """import ray

LIMIT = 3


@ray.remote(
    num_cpus=1
)
def first(x):
    return x


class Box:
    size = 1

    def open(self):
        return 1

    async def close(self):
        return 2


async def last():
    pass
"""


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("`last` and then `first()`", ["@ray.remote(", "async def last"]),
        ("`Box.close` only", ["    async def close"]),
        ("the whole `Box`, with `Box.open`", ["class Box"]),
        ("`LIMIT`, `ray.get`, `nothing` and first", []),
    ],
)
def test_what_is_named_in_backticks_is_cut_out_in_the_order_of_the_program(text, starts):
    found = excerpts(PROGRAM, text)
    assert [source[: len(start)] for source, start in zip(found, starts, strict=True)] == starts


def test_a_definition_comes_whole():
    assert excerpts(PROGRAM, "`first`") == ["@ray.remote(\n    num_cpus=1\n)\ndef first(x):\n    return x"]
