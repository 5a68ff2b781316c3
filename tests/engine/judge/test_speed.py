"""The speed verdict against brute force and against races simulated with seeded noise."""

import itertools
import math
import statistics

import numpy as np
import pytest

from grader.judge.speed import (
    COVERAGE,
    DISTURBED_RATIO,
    EARLY_ROUNDS,
    FULL_RATIO,
    Rounds,
    fraction_of_points,
    is_beyond_doubt,
    judge_speed,
    median_interval,
)
from tests.support.seeds import seeded

SEED = 20
NAIVE_RATIO = 6.0


def covered(n, k):
    """Probability that the median lies between the k-th lowest and k-th highest of n values."""
    return 1 - 2 * sum(math.comb(n, j) for j in range(k + 1)) / 2**n


# -- median_interval -----------------------------------------------------------------------------


@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("n", [*range(1, 31), 101])
def test_interval_is_the_tightest_pair_that_covers(n, coverage):
    low, high = median_interval(range(n), coverage)
    assert low + high == n - 1
    tight_enough = [k for k in range((n + 1) // 2) if covered(n, k) >= coverage]
    assert low == max(tight_enough, default=0)


@pytest.mark.parametrize("n", [5, 6, 9, 12])
def test_coverage_is_what_counting_every_sample_gives(n):
    """Each value lies below or above the true median like a coin: all 2**n samples are counted."""
    low, high = median_interval(range(n))
    between = sum(low < sum(below) <= high for below in itertools.product((0, 1), repeat=n))
    assert between / 2**n == pytest.approx(covered(n, low))
    assert between / 2**n >= COVERAGE


def test_interval_holds_the_sample_median_in_any_order():
    rng = seeded(SEED)
    for _ in range(100):
        values = rng.lognormal(size=int(rng.integers(1, 30))).tolist()
        low, high = median_interval(values)
        assert low <= statistics.median(values) <= high
        assert median_interval(sorted(values)) == (low, high)


# -- fraction_of_points --------------------------------------------------------------------------


@pytest.mark.parametrize("naive_ratio", [1.5, 6.0, 100.0])
def test_points_fall_steadily_from_all_to_none(naive_ratio):
    ratios = np.geomspace(0.1, 2 * naive_ratio, 300)
    fractions = [fraction_of_points(ratio, naive_ratio) for ratio in ratios]
    assert all(later <= earlier for earlier, later in itertools.pairwise(fractions))
    assert fraction_of_points(FULL_RATIO, naive_ratio) == 1.0
    assert fraction_of_points(naive_ratio, naive_ratio) == 0.0
    assert set(map(type, fractions)) == {float}
    assert (fractions[0], fractions[-1]) == (1.0, 0.0)


def test_points_fall_on_a_log_scale():
    middle = math.sqrt(FULL_RATIO * NAIVE_RATIO)
    assert fraction_of_points(middle, NAIVE_RATIO) == pytest.approx(0.5)
    just_over = fraction_of_points(FULL_RATIO * 1.0001, NAIVE_RATIO)
    assert 0.99 < just_over < 1.0


# -- judge_speed ---------------------------------------------------------------------------------


def simulated(rng, *, ratio, rounds, common=0.0, own=0.01, slowed=1.0):
    """A race as it might be measured.

    `common` is the spread of the noise that both rounds of a pair share, `own` that of each round.
    """
    shared = np.exp(common * rng.standard_normal(rounds))

    def noise():
        return np.exp(own * rng.standard_normal(rounds))

    return Rounds(
        learner_s=tuple((ratio * slowed * shared * noise()).tolist()),
        reference_s=tuple((slowed * shared * noise()).tolist()),
        baseline_s=tuple(np.exp(own * rng.standard_normal(3)).tolist()),
    )


def judged_in_turn(seed, *, most=25, early=True, **race):
    """The verdict of a race that continues while it is unclear, as the real one does."""
    whole = simulated(seeded(SEED, seed), rounds=most, **race)
    for n in range(EARLY_ROUNDS, most + 1):
        rounds = Rounds(
            learner_s=whole.learner_s[:n],
            reference_s=whole.reference_s[:n],
            baseline_s=whole.baseline_s,
        )
        speed = judge_speed(rounds, NAIVE_RATIO)
        if n >= 5 and speed.state != "unclear":
            break
        if early and n < 5 and is_beyond_doubt(rounds, NAIVE_RATIO):
            break
    return speed


def points_off(*, early, ratio, own, races=1000):
    """Shares of the points that simulated races gave too little or too much, added up over the races."""
    due = fraction_of_points(ratio, NAIVE_RATIO)
    speeds = [judged_in_turn(seed, early=early, ratio=ratio, own=own) for seed in range(races)]
    off = [speed.fraction - due for speed in speeds if speed.state == "clear"]
    return sum(-x for x in off if x < 0), sum(x for x in off if x > 0)


@pytest.mark.parametrize("own", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("ratio", [1.0, FULL_RATIO, 2.5, NAIVE_RATIO * 0.95])
def test_stopping_early_costs_nobody_points(ratio, own):
    """A thousand races each: what is lost to noise does not grow by more than half a race's points."""
    lost_before, gained_before = points_off(early=False, ratio=ratio, own=own)
    lost, gained = points_off(early=True, ratio=ratio, own=own)
    print(f"ratio {ratio:.2f}, noise {own}: lost {lost:.2f} (before {lost_before:.2f}), "
          f"gained {gained:.2f} (before {gained_before:.2f})")  # fmt: skip
    assert lost <= lost_before + 0.5
    assert gained <= gained_before + 0.5


@pytest.mark.parametrize(
    ("learner_s", "is_decided"),
    [
        ((1.0, 1.1, 0.9), True),
        ((1.0, 1.1), False),
        ((1.0, 1.1, 1.2), False),  # within full marks, but not well within
        ((1.0, 1.1, 7.0), False),
        ((7.0, 8.0, 6.7), True),
        ((7.0, 8.0, 6.1), False),
        ((2.5, 2.5, 2.5), False),  # in between every round counts
    ],
)
def test_a_few_rounds_decide_only_beyond_doubt(learner_s, is_decided):
    rounds = Rounds(learner_s=learner_s, reference_s=(1.0,) * len(learner_s), baseline_s=(1.0,) * 3)
    assert is_beyond_doubt(rounds, NAIVE_RATIO) is is_decided


def test_a_disturbed_reference_decides_nothing_early():
    rounds = Rounds(learner_s=(2.0, 2.0, 2.0), reference_s=(2.0, 2.0, 2.0), baseline_s=(1.0, 1.0, 1.0))
    assert not is_beyond_doubt(rounds, NAIVE_RATIO)


def test_identical_programs_never_lose_points_to_noise_they_share():
    for seed in range(200):
        speed = judged_in_turn(seed, ratio=1.0, common=0.6, own=0.05)
        assert speed.state == "disturbed" or speed.fraction == 1.0, speed


def test_identical_programs_hardly_ever_lose_points_to_noise_of_their_own():
    """Five ratios that all lie above the limit by chance are rare, also when the noise is wild."""
    speeds = [judged_in_turn(seed, ratio=1.0, own=0.3) for seed in range(300)]
    lost = [s for s in speeds if s.state == "clear" and s.fraction < 1.0]
    assert len(lost) <= 0.05 * len(speeds)


@pytest.mark.parametrize("ratio", [NAIVE_RATIO * 1.3, 30.0])
def test_a_naive_design_gets_nothing(ratio):
    for seed in range(100):
        speed = judged_in_turn(seed, ratio=ratio, common=0.3, own=0.02)
        assert (speed.state, speed.fraction) == ("clear", 0.0), speed


def test_a_clear_slowdown_loses_part_of_the_points():
    for seed in range(100):
        speed = judged_in_turn(seed, ratio=2.5, common=0.1, own=0.02)
        assert speed.state == "clear", speed
        assert speed.fraction == pytest.approx(fraction_of_points(2.5, NAIVE_RATIO), abs=0.1)


def test_a_faster_program_gets_all():
    speed = judge_speed(simulated(seeded(SEED), ratio=0.4, rounds=5), NAIVE_RATIO)
    assert (speed.state, speed.fraction) == ("clear", 1.0)
    assert speed.ratio == pytest.approx(0.4, rel=0.1)


def test_a_reference_that_is_slower_beside_the_learner_is_not_judged():
    for seed in range(50):
        speed = judged_in_turn(seed, ratio=1.0, own=0.02, slowed=2.0)
        assert speed.state == "disturbed", speed


def test_a_program_slow_beyond_doubt_gains_nothing_by_disturbing_the_reference():
    rounds = simulated(seeded(SEED), ratio=20.0, rounds=5, slowed=2.0)
    assert judge_speed(rounds, NAIVE_RATIO).state == "clear"


@pytest.mark.parametrize("slowed", [1.0, DISTURBED_RATIO * 0.9])
def test_a_reference_that_is_hardly_slower_is_not_disturbed(slowed):
    rounds = simulated(seeded(SEED), ratio=1.0, rounds=7, slowed=slowed)
    assert judge_speed(rounds, NAIVE_RATIO).state == "clear"


def test_one_slow_round_of_the_reference_is_not_a_disturbance():
    rounds = Rounds(
        learner_s=(1.0,) * 7,
        reference_s=(1.0,) * 6 + (50.0,),
        baseline_s=(1.0, 1.0, 1.0),
    )
    assert judge_speed(rounds, NAIVE_RATIO).state == "clear"


def test_a_reference_within_the_range_of_its_baseline_is_not_disturbed():
    rounds = Rounds(learner_s=(1.5,) * 7, reference_s=(1.5,) * 7, baseline_s=(1.0, 1.0, 1.6))
    assert judge_speed(rounds, NAIVE_RATIO).state == "clear"


@pytest.mark.parametrize(
    "learner_s",
    [
        pytest.param((1.0, 1.1, 1.3, 1.6, 1.9), id="across the limit of full marks"),
        pytest.param((1.5, 1.5, 2.5, 5.0, 5.0), id="across much of the scale"),
        pytest.param((1.1, 1.2, 3.0, 7.0, 9.0), id="across all of it"),
    ],
)
def test_an_interval_that_leaves_the_points_open_is_unclear(learner_s):
    rounds = Rounds(learner_s=learner_s, reference_s=(1.0,) * 5, baseline_s=(1.0,) * 3)
    assert judge_speed(rounds, NAIVE_RATIO).state == "unclear"


def test_figures_shown_are_those_of_the_rounds():
    rounds = Rounds(
        learner_s=(2.0, 4.0, 6.0, 8.0, 10.0),
        reference_s=(1.0, 2.0, 2.0, 2.0, 5.0),
        baseline_s=(1.0, 2.0, 3.0),
    )
    speed = judge_speed(rounds, 9.0)
    assert rounds.ratios == (2.0, 2.0, 3.0, 4.0, 2.0)
    assert (speed.ratio, speed.interval) == (2.0, (2.0, 4.0))
    assert (speed.band, speed.gate) == ((1.0, 1.0), 3.0)


def test_rounds_that_do_not_pair_up_are_refused():
    rounds = Rounds(learner_s=(1.0, 1.0), reference_s=(1.0,), baseline_s=(1.0,))
    with pytest.raises(ValueError, match="zip"):
        judge_speed(rounds, NAIVE_RATIO)


@pytest.mark.parametrize(
    ("reference_s", "state"),
    [
        pytest.param((1.0, 1.0, 1.01, 1.02, 1.02), "clear", id="steady reference: the learner's own noise"),
        pytest.param((0.7, 0.8, 1.0, 1.3, 1.6), "unclear", id="the machine's noise"),
        pytest.param((1.0, 1.0), "unclear", id="too few rounds to tell"),
    ],
)
def test_at_the_end_a_scattering_learner_beside_a_steady_reference_is_judged_by_its_median(
    reference_s, state
):
    ratios = (1.0, 1.5, 2.5, 4.0, 7.0)[: len(reference_s)]
    learner_s = tuple(r * t for r, t in zip(ratios, reference_s, strict=True))
    rounds = Rounds(learner_s=learner_s, reference_s=reference_s, baseline_s=(1.0,) * 3)
    assert judge_speed(rounds, NAIVE_RATIO).state == "unclear"
    final = judge_speed(rounds, NAIVE_RATIO, final=True)
    assert final.state == state
    assert final.ratio == 2.5 or state == "unclear"


# -- next to other programs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "state"),
    [
        (1.0, "clear"),
        (3.4, "crowded"),  # a right design that takes 1.8 times as long on a quiet machine
        (NAIVE_RATIO * 1.5, "crowded"),
        (NAIVE_RATIO * 3, "clear"),  # no crowd makes that much of a difference
    ],
)
def test_next_to_other_programs_only_a_huge_loss_counts(ratio, state):
    for seed in range(50):
        rounds = simulated(seeded(SEED, seed), ratio=ratio, rounds=9, own=0.02)
        assert judge_speed(rounds, NAIVE_RATIO, final=True, crowded=True).state == state
        assert judge_speed(rounds, NAIVE_RATIO, final=True).state == "clear"


def test_scatter_next_to_a_steady_reference_is_the_learners_own_only_without_other_programs():
    ratios = (0.9, 1.0, 1.2, 2.0, 3.0)  # the median is within full marks, the interval is not
    rounds = Rounds(learner_s=ratios, reference_s=(1.0,) * 5, baseline_s=(1.0,) * 3)
    assert judge_speed(rounds, NAIVE_RATIO, final=True).state == "clear"
    assert judge_speed(rounds, NAIVE_RATIO, final=True, crowded=True).state == "unclear"
