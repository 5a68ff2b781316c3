"""Which part of a long table the default tests take: another one each day, and no more when the table grows.

The seed is the number of the day, so that what failed today can be repeated today; `--sample-seed` sets it.
"""

import datetime
import math
import random

import pytest


def day():
    """The seed of today's samples."""
    return datetime.datetime.now(datetime.UTC).toordinal()


def turn(things, seed):
    """One of the things: within as many seeds as there are things, each has its turn."""
    round_number, place = divmod(seed, len(things))
    return random.Random(f"{round_number}").sample(things, len(things))[place]


def hand(families, seed, size):
    """Some of the families, and one thing of each: within a round of seeds every family has its turn.

    In the next round it is another thing of each family.

    Args:
        families: Lists of things; none is empty.
        seed: Which hand of which round.
        size: How many families make a hand at most: what is left over is shared by all hands of a round.
    """
    n_hands = math.ceil(len(families) / size)
    round_number, place = divmod(seed, n_hands)
    shuffled = random.Random(f"{round_number}").sample(families, len(families))
    return [turn(family, round_number) for family in shuffled[place::n_hands]]


def marked(things, drawn, name):
    """Parameters of a test for all things: the default tests take those drawn, the matrix all."""
    return [
        pytest.param(
            thing, id=name(thing), marks=[pytest.mark.matrix] + [pytest.mark.sample] * (thing in drawn)
        )
        for thing in things
    ]
