"""Reasons as a reader wants to see them: strangers can make any number of different ones."""

import pandas as pd

MOST, OTHERS = 30, "other_reasons"


def grouped(reasons: pd.Series) -> pd.Series:
    """The same rows, with `OTHERS` for what is not among the `MOST` most frequent reasons."""
    counts = reasons.value_counts()
    frequent = sorted(counts.index, key=lambda reason: (-counts[reason], reason))[:MOST]
    return reasons.where(reasons.isin(frequent), OTHERS)
