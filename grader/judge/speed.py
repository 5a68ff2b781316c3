"""Is it as fast as the reference? Statistics of paired rounds; pure, no clock and no Ray.

Round by round the reference and the learner solve equally hard inputs one after the other, so the ratio of a
pair hardly depends on how busy the machine is. The verdict rests on a confidence interval of the median
ratio, taken from order statistics: no assumption about the noise. What it cannot decide is not judged.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

FULL_RATIO = 1.25
COVERAGE = 0.9
DISTURBED_RATIO = 1.3
SETTLED_FRACTION = 0.1
STEADY_BAND = 1.15
STEADY_ROUNDS = 5
EARLY_ROUNDS = 3
BEYOND_DOUBT = 1.1  # how far beyond a limit all of the first rounds have to lie
# How much slower beside the reference a right design with more processes became, next to three other gradings
# on two CPUs, than on a quiet machine: 2.0, and some more to be sure.
CROWDED_DOUBT = 2.5

State = Literal["clear", "unclear", "disturbed", "crowded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """What was measured, in seconds.

    Args:
        learner_s: The learner's rounds.
        reference_s: The reference's rounds, each just before the learner's of the same index.
        baseline_s: Rounds of the reference while the learner's side was stopped.
    """

    learner_s: tuple[float, ...]
    reference_s: tuple[float, ...]
    baseline_s: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Learner over reference, pair by pair."""
        return tuple(mine / theirs for mine, theirs in zip(self.learner_s, self.reference_s, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What the rounds say.

    Args:
        ratio: Median of the pairs' ratios.
        interval: Where the true median ratio lies with at least COVERAGE (if enough rounds).
        band: Middle half of the reference's own rounds, relative to their median.
        fraction: Share of the points earned, 0 to 1.
        state: "clear"; "unclear" (more rounds may decide); "disturbed" (the reference was slower next to
            the learner's side than without it, and nobody else used the CPUs); "crowded" (it seems slow,
            or the reference was slower, but others used the CPUs too).
        gate: Ratio halfway (geometrically) between the reference's and the naive design's.
    """

    ratio: float
    interval: tuple[float, float]
    band: tuple[float, float]
    fraction: float
    state: State
    gate: float

    @property
    def worst(self) -> float:
        """Share of the points if the slow end of the interval were true."""
        return fraction_of_points(self.interval[1], self.gate**2)

    @property
    def best(self) -> float:
        """Share of the points if the fast end of the interval were true."""
        return fraction_of_points(self.interval[0], self.gate**2)


def median_interval(values: Sequence[float], coverage: float = COVERAGE) -> tuple[float, float]:
    """Distribution-free confidence interval of the median: the tightest pair of order statistics.

    Args:
        values: At least one.
        coverage: Probability wanted. Where there are too few values for it, the range is returned.
    """
    ordered = sorted(values)
    n = len(ordered)
    outside = 0.0  # probability that the median lies below the k-th or above the (n-k)-th value
    best = 0
    for k in range((n + 1) // 2):
        outside += 2 * math.comb(n, k) / 2**n
        if 1.0 - outside < coverage:
            break
        best = k
    return ordered[best], ordered[n - 1 - best]


def fraction_of_points(ratio: float, naive_ratio: float) -> float:
    """Full up to FULL_RATIO, then falling on a log scale to none at the naive design's ratio."""
    if ratio <= FULL_RATIO:
        return 1.0
    if ratio >= naive_ratio:
        return 0.0
    return 1.0 - math.log(ratio / FULL_RATIO) / math.log(naive_ratio / FULL_RATIO)


def judge_speed(rounds: Rounds, naive_ratio: float, *, final: bool = False, crowded: bool = False) -> Speed:
    """What the rounds so far say.

    Args:
        rounds: At least one pair and one baseline round.
        naive_ratio: The naive design's ratio to the reference, above FULL_RATIO.
        final: Whether there will be no more rounds. Then a learner whose rounds scatter next to a steady
            reference is judged by its median: that noise is its own, not the machine's.
        crowded: Whether others used the CPUs meanwhile. How two designs compare then says little about how
            they compare on a quiet machine: one that uses more processes waits more often.
    """
    ratio = statistics.median(rounds.ratios)
    low, high = median_interval(rounds.ratios)
    fraction = fraction_of_points(ratio, naive_ratio)
    state: State
    if _is_disturbed(rounds) and low < naive_ratio:
        state = "crowded" if crowded else "disturbed"
    elif crowded and fraction < 1.0 and low < naive_ratio * CROWDED_DOUBT:
        state = "crowded"
    elif _is_settled(low, high, naive_ratio) or (final and not crowded and _is_steady(rounds.reference_s)):
        state = "clear"
    else:
        state = "unclear"
    return Speed(
        ratio=ratio,
        interval=(low, high),
        band=_band(rounds.reference_s),
        fraction=fraction,
        state=state,
        gate=math.sqrt(naive_ratio),
    )


def is_beyond_doubt(rounds: Rounds, naive_ratio: float) -> bool:
    """Whether a few rounds have decided: each is well within full marks, or each is well beyond any.

    Were the true median on the other side of the limit, each round would have to err by a tenth at least, all
    in one direction. Whatever the noise is like, that happens in one of 2 ** EARLY_ROUNDS races at most, for
    a solution that lies exactly at the limit, where hardly any points are at stake.
    """
    ratios = rounds.ratios
    if len(ratios) < EARLY_ROUNDS or _is_disturbed(rounds):
        return False
    return max(ratios) * BEYOND_DOUBT <= FULL_RATIO or min(ratios) >= naive_ratio * BEYOND_DOUBT


def _is_settled(low: float, high: float, naive_ratio: float) -> bool:
    """Whether both ends of the interval earn about as many points."""
    spread = fraction_of_points(low, naive_ratio) - fraction_of_points(high, naive_ratio)
    return spread <= SETTLED_FRACTION


def _is_steady(reference_s: Sequence[float]) -> bool:
    """Whether the reference's own rounds say that the machine is quiet."""
    low, high = _band(reference_s)
    return len(reference_s) >= STEADY_ROUNDS and high / low <= STEADY_BAND


def _is_disturbed(rounds: Rounds) -> bool:
    """Whether the reference ran clearly slower next to the learner's side than without it."""
    if len(rounds.reference_s) < 3 or len(rounds.baseline_s) < 3:
        return False
    slowed = statistics.median(rounds.reference_s) / statistics.median(rounds.baseline_s)
    apart = median_interval(rounds.reference_s)[0] > max(rounds.baseline_s)
    return slowed > DISTURBED_RATIO and apart


def _band(reference_s: Sequence[float]) -> tuple[float, float]:
    middle = statistics.median(reference_s)
    if len(reference_s) < 2:
        return (1.0, 1.0)
    low, _, high = statistics.quantiles(reference_s, n=4, method="inclusive")
    return (low / middle, high / middle)
