"""What the default tests take of the long tables: in time all of it, and never much at once."""

import itertools

import pytest

from tests.support.samples import hand, turn

FAMILIES = [[(family, member) for member in range(1 + family % 4)] for family in range(23)]
SIZE = 5
N_HANDS = 5


def hands(seeds, families=FAMILIES):
    return [hand(families, seed, SIZE) for seed in seeds]


def families_of(dealt):
    return sorted(family for family, _ in itertools.chain(*dealt))


def test_everything_has_its_turn_once_in_a_round_and_rounds_differ():
    rounds = [[turn("abcdef", seed) for seed in range(start, start + 6)] for start in range(0, 30, 6)]
    assert [sorted(taken) for taken in rounds] == [list("abcdef")] * 5
    assert len({tuple(taken) for taken in rounds}) > 1


def test_every_family_has_its_turn_once_in_a_round():
    for start in range(0, 10 * N_HANDS, N_HANDS):
        assert families_of(hands(range(start, start + N_HANDS))) == list(range(23))


def test_every_member_has_its_turn_in_time():
    taken = set(itertools.chain(*hands(range(3 * 4 * N_HANDS))))
    assert taken == set(itertools.chain(*FAMILIES))


@pytest.mark.parametrize("n_families", [1, 2, 5, 6, 23, 200])
def test_a_hand_is_never_larger_however_many_families_there_are(n_families):
    for held in hands(range(100), [[(family, 0)] for family in range(n_families)]):
        assert 1 <= len(held) <= SIZE


@pytest.mark.parametrize("seed", [0, 7, 739_580])
def test_a_seed_draws_the_same_again(seed):
    assert hands([seed]) == hands([seed])
    assert turn("abcdef", seed) == turn("abcdef", seed)
