"""An estimate with its interval, and what it shows."""

from dataclasses import dataclass
from typing import Literal

from scipy import stats

LEVEL = 0.95
POWER = 0.8

Basis = Literal["runs", "tasks", "answers", "resamples"]


@dataclass(frozen=True)
class Estimate:
    """A value, its interval and its two-sided p against 0.

    `error` is the standard error, `df` its degrees of freedom. `basis` is what the error was taken
    from: the differences between `runs`, or between `tasks`, or between the `answers` of one run,
    which say nothing of how trainings differ; or the spread of bootstrap `resamples`. The bounds
    are NaN where nothing is known of the error.
    """

    value: float
    low: float
    high: float
    p: float
    error: float
    df: float
    basis: Basis
    level: float = LEVEL

    @property
    def minimum_detectable(self) -> float:
        """The true value that a study like this one finds significant four times in five."""
        return detectable(self.error, self.df, self.level)

    def within(self, margin: float) -> bool:
        """Whether the whole interval lies inside +-margin.

        This is two one-sided tests at (1 - level)/2 each: one interval, the one in the figures,
        decides whether a difference is there and whether it is too small to matter.
        """
        return -margin < self.low and self.high < margin


def detectable(error: float, df: float, level: float = LEVEL) -> float:
    """The true value that an estimate with this standard error shows with a chance of `POWER`."""
    return float((stats.t.ppf((1 + level) / 2, df) + stats.t.ppf(POWER, df)) * error)


def holm(p_values: list[float]) -> list[float]:
    """Holm's step-down correction: family-wise error under any dependence."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for done, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - done) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def outcome(found: Estimate, p_holm: float, margin: float | None) -> str:
    """What a difference shows: `equivalent`, `more`, `less` or `undecided`.

    Equivalent comes first: a difference that is there but inside the margin does not matter. What
    rests on the answers of one run alone is undecided: another training may turn out otherwise.
    """
    if found.basis == "answers":
        return "undecided"
    if margin is not None and found.within(margin):
        return "equivalent"
    if p_holm < 1 - found.level:
        return "more" if found.value > 0 else "less"
    return "undecided"
