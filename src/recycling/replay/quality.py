"""How good a choice of adapters is: what a score on few labelled rows says about an outcome.

The outcome is another score of the same adapters: accuracy on test rows, or accuracy after their
coefficients were tuned. A ranking by the labelled score is given; it may hold an adapter several
times, as a resample does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recycling.statistics import Array
from recycling.statistics.rank_correlation import spearman

Order = NDArray[np.intp]


@dataclass(frozen=True)
class Quantity:
    """A number of one task and how tasks are summed up: by their mean or their median."""

    label: str
    centre: str = "mean"
    share: bool = True


QUANTITIES = {
    "spearman": Quantity("rank correlation of labelled score and outcome", share=False),
    "spearman_top": Quantity("the same among the selected", share=False),
    "claimed": Quantity("labelled score of the adapter ranked first"),
    "pick": Quantity("its outcome"),
    "optimism": Quantity("claimed minus outcome", share=False),
    "top": Quantity("outcome of the selected, mean"),
    "pool_mean": Quantity("outcome of the pool, mean"),
    "pool_median": Quantity("outcome of the pool, median"),
    "worst": Quantity("outcome of the pool, worst"),
    "best": Quantity("outcome of the pool, best in hindsight"),
    "overlap": Quantity("share of the selected among as many best"),
    "pick_is_best": Quantity("adapter ranked first is the best"),
    "pick_in_top": Quantity("adapter ranked first is among as many best as are selected"),
    "pick_rank": Quantity("rank of the adapter ranked first, median", "median", share=False),
    "base": Quantity("base model"),
    "pick_gain": Quantity("adapter ranked first minus base", share=False),
    "pick_beats_base": Quantity("adapter ranked first beats the base"),
    "cells_beat_base": Quantity("share of adapters that beat the base"),
}


def task_quality(labelled: Array, outcome: Array, order: Order, top: int, base: float) -> Array:
    """The values of `QUANTITIES` of one task, in their order; NaN where one is not defined.

    `order` holds places in `labelled` and `outcome`, best first; `top` of them are selected. `base`
    is NaN where the base's outcome is not known.
    """
    seen, got = labelled[order], outcome[order]
    pick = got[0]
    better = int((got > pick).sum())
    known = not np.isnan(base)
    return np.array(
        [
            spearman(seen, got),
            spearman(seen[:top], got[:top]),
            seen[0],
            pick,
            seen[0] - pick,
            got[:top].mean(),
            got.mean(),
            np.median(got),
            got.min(),
            got.max(),
            _overlap(got, top),
            better == 0,
            better < top,
            1 + better,
            base,
            pick - base,
            pick > base if known else np.nan,
            (got > base).mean() if known else np.nan,
        ]
    )


def _overlap(outcome: Array, top: int) -> float:
    """Share of the first `top` among the `top` best, expected over the order of tied outcomes."""
    top = min(top, len(outcome))
    cut = np.sort(outcome)[-top]
    above, tied = int((outcome > cut).sum()), int((outcome == cut).sum())
    chosen = outcome[:top]
    hits = (chosen > cut).sum() + (chosen == cut).sum() * (top - above) / tied
    return float(hits / top)
