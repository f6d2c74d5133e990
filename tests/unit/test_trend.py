"""Recent weeks against those before: by hand, and against weeks that chance has made."""

import random
from math import exp, sqrt
from typing import Final

import pytest

from service.domain.trend import ENOUGH, Trend, trend

RUNS: Final = 2000


def figures(found: Trend) -> tuple[float, ...]:
    """Return ratio, low, high and dispersion, all of them there."""
    numbers = (found.ratio, found.low, found.high, found.dispersion)
    return tuple(each for each in numbers if each is not None)


def test_a_ratio_by_hand() -> None:
    # means 10 and 5: the ratio is 2. No week differs from its mean, so chance alone counts: the variance of the
    # logarithm is 1/40 + 1/60 = 1/24, and exp(1.959964 / sqrt(24)) = 1.491948
    found = trend([10] * 4, [5] * 12)
    assert figures(found) == pytest.approx((2, 2 / 1.491948, 2 * 1.491948, 1), rel=1e-5)
    assert found.verdict == "above"
    assert (found.recent_per_week, found.baseline_per_week) == (10, 5)


def test_weeks_that_differ_by_more_than_chance_widen_the_interval() -> None:
    # recent: mean 10, (100 + 100) / 10 = 20; baseline: mean 10, 4 * 100 / 10 = 40; 60 over 6 - 2 weeks: 15
    found = trend([0, 20], [0, 20, 0, 20])
    reach = exp(1.959964 * sqrt(15 * (1 / 20 + 1 / 40)))
    assert figures(found) == pytest.approx((1, 1 / reach, reach, 15), rel=1e-5)
    assert found.verdict == "not_distinguishable"


def test_fewer_are_below() -> None:
    assert trend([2, 3, 2, 3], [10] * 12).verdict == "below"


def test_none_in_recent_weeks_can_be_below_and_the_first_ever_above() -> None:
    # half an incident in both: 0.5 / 4 to 120.5 / 12
    found = trend([0] * 4, [10] * 12)
    assert found.ratio == pytest.approx((0.5 / 4) / (120.5 / 12))
    assert found.verdict == "below"
    assert trend([10] * 4, [0] * 12).verdict == "above"


@pytest.mark.parametrize(("recent", "baseline"), [([0], [0, 0]), ([ENOUGH - 1], [0, 0]), ([4, 0], [5, 0])])
def test_of_few_nothing_is_said(recent: list[int], baseline: list[int]) -> None:
    found = trend(recent, baseline)
    assert (found.verdict, figures(found)) == ("not_enough_data", ())
    assert trend([*recent, 10], baseline).verdict != "not_enough_data"


@pytest.mark.parametrize(("recent", "baseline"), [([], [9, 9, 9]), ([9, 9, 9], []), ([9], [9])])
def test_a_dispersion_needs_three_weeks(recent: list[int], baseline: list[int]) -> None:
    with pytest.raises(ValueError, match="three"):
        trend(recent, baseline)


def poisson(dice: random.Random, mean: float) -> int:
    count, passed = 0, dice.expovariate(1)
    while passed < mean:
        count, passed = count + 1, passed + dice.expovariate(1)
    return count


def gamma_poisson(dice: random.Random, mean: float, dispersion: float) -> int:
    """Return a count with that variance over its mean: a Poisson one whose mean varies."""
    return (
        poisson(dice, dice.gammavariate(mean / (dispersion - 1), dispersion - 1))
        if dispersion > 1
        else poisson(dice, mean)
    )


@pytest.mark.parametrize("dispersion", [1.0, 4.0])
@pytest.mark.parametrize(("recent", "baseline"), [(20.0, 20.0), (60.0, 30.0)])
def test_the_interval_holds_the_true_ratio_about_95_times_in_100(
    recent: float, baseline: float, dispersion: float
) -> None:
    dice = random.Random(3)
    held = above = 0
    for _ in range(RUNS):
        weeks = [gamma_poisson(dice, recent if week < 4 else baseline, dispersion) for week in range(16)]
        found = trend(weeks[:4], weeks[4:])
        assert found.low is not None and found.high is not None
        held += found.low <= recent / baseline <= found.high
        above += found.verdict == "above"
    # of 2,000 with 95 in 100 it is 0.95 +- 0.015; the dispersion is estimated, and not below 1: a little either way
    assert 0.92 <= held / RUNS <= 0.975
    assert above / RUNS > 0.95 if recent > baseline else above / RUNS < 0.05
