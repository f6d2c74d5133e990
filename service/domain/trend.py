"""
Whether a number a week has risen or fallen: a rate ratio with its interval.

The weeks' numbers are taken as quasi-Poisson (Wedderburn, Quasi-likelihood functions, Biometrika 61 (1974), 439-447;
McCullagh and Nelder, Generalized Linear Models, 2nd ed. 1989, 4.5 and 6.2.3): their variance is their mean times a
dispersion, estimated from all weeks by Pearson's statistic about the mean of each window, over weeks less two. The
logarithm of the ratio is taken as normal, its variance the dispersion times (1/recent + 1/baseline). A dispersion
below 1 counts as 1: weeks that happen to be alike do not make the interval narrower than chance would. Where one
window has none at all, half an incident is added to both (Anscombe, On estimating binomial response relations,
Biometrika 43 (1956), 461-464).
"""

from collections.abc import Sequence
from math import exp, log, sqrt
from statistics import NormalDist, fmean
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

ENOUGH: Final = 10
"""How many there must be in both windows together, for logarithms of sums to be near normal."""
_Z: Final = NormalDist().inv_cdf(0.975)

Verdict = Annotated[
    Literal["above", "below", "not_distinguishable", "not_enough_data"],
    Meta(
        description=(
            "Whether the whole interval of the ratio is above 1, or below. `not_enough_data`: there are fewer than "
            f"{ENOUGH} in both windows together."
        )
    ),
]


class Trend(Struct, frozen=True):
    """The recent weeks against those before."""

    verdict: Verdict
    ratio: Annotated[float | None, Meta(description="A recent week to one of the baseline.")]
    low: Annotated[float | None, Meta(description="Where the 95% interval of the ratio begins.")]
    high: Annotated[float | None, Meta(description="Where it ends.")]
    dispersion: Annotated[
        float | None, Meta(description="Variance of a week over its mean; 1 is pure chance, and the least that counts.")
    ]
    recent_per_week: float
    baseline_per_week: float


def trend(recent: Sequence[int], baseline: Sequence[int]) -> Trend:
    """Compare the numbers of recent weeks with those of the weeks before: one each at least, three together."""
    if not recent or not baseline or len(recent) + len(baseline) < 3:  # noqa: PLR2004  # two means leave one free
        raise ValueError("there must be a week in each window, and three in both")
    means = fmean(recent), fmean(baseline)
    several, many = sum(recent), sum(baseline)
    if several + many < ENOUGH:
        return Trend("not_enough_data", None, None, None, None, *means)
    dispersion = max(1.0, _dispersion(recent, baseline))
    more = 0.0 if several and many else 0.5
    ratio = (several + more) / len(recent) / ((many + more) / len(baseline))
    reach = _Z * sqrt(dispersion * (1 / (several + more) + 1 / (many + more)))
    low, high = exp(log(ratio) - reach), exp(log(ratio) + reach)
    verdict: Verdict = "above" if low > 1 else "below" if high < 1 else "not_distinguishable"
    return Trend(verdict, ratio, low, high, dispersion, *means)


def _dispersion(*windows: Sequence[int]) -> float:
    pearson = sum((week - mean) ** 2 / mean for window in windows if (mean := fmean(window)) for week in window)
    return pearson / (sum(map(len, windows)) - len(windows))
