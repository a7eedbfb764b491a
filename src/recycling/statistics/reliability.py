"""Whether stated probabilities can be believed: calibration of the choice among candidates.

The likelihoods of the candidates of an example, scaled to a sum of 1, are the probabilities that a
model states. Its confidence is the highest of them. It is calibrated if, of all answers that it
gives with confidence c, the share c is right.

The calibration error here is the root of the mean squared gap between confidence and share of right
answers, over bins that hold equally many answers of one run. The usual sum of gaps, the expected
calibration error (Naeini et al., 2015), is above 0 by chance alone: a perfect model has about 0.1
with 50 answers. The squared gap has an estimate without that bias: the mean product of the gaps of
two different answers of a bin. Source: Bröcker, Climate Dynamics 39, 2012, and Ferro and Fricker,
QJRMS 138, 2012, for the reliability part of the Brier score; Kumar, Liang and Ma, 1909.10155,
section 4. What cancels within a bin is not seen, so it is a lower bound of the error without bins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from recycling.ground.errors import InputError
from recycling.statistics import Array
from recycling.statistics.metrics import likeliest

# A bin has at least so many answers, but for ties, so that chance does not drown its gap.
SMALLEST_BIN = 8
MOST_BINS = 10


@dataclass(frozen=True)
class Stated:
    """What a model states of one example, and whether that is right.

    `confidence` is the highest probability; `right` is 1 where the accepted candidate has it; the
    Brier score is half the squared distance of the probabilities from the truth, 0 to 1.
    """

    confidence: float
    right: float
    brier: float


def stated(choice_nll: Sequence[float], accepted: int) -> Stated:
    """From the negative log-likelihoods of the candidates, in nats; a tie is wrong."""
    nll = np.asarray(choice_nll, float)
    likelihood = np.exp(nll.min() - nll)
    chances = likelihood / likelihood.sum()
    truth = np.arange(len(nll)) == accepted
    return Stated(
        confidence=float(chances.max()),
        right=float(likeliest(choice_nll, accepted)),
        brier=float(((chances - truth) ** 2).sum() / 2),
    )


def bins(confidence: Array, most: int = MOST_BINS) -> NDArray[np.intp]:
    """`[answers]` number of the bin of each answer, from 0, by rank of confidence.

    Bins hold equally many answers; equal confidences are never torn apart, so the order of the
    answers does not matter. An answer that is left alone joins the bin below it, the first the one
    above.
    """
    n = len(confidence)
    count = min(most, max(1, n // SMALLEST_BIN))
    # Equal confidences may come from other sums, and then differ by rounding.
    ranks = rankdata(np.round(confidence, 9))
    place = np.floor((ranks - 0.5) / n * count).astype(np.intp)
    while True:
        numbers, place, sizes = np.unique(place, return_inverse=True, return_counts=True)
        alone = np.flatnonzero(sizes == 1)
        if len(numbers) == 1 or not len(alone):
            found: NDArray[np.intp] = place
            return found
        place[place == alone[0]] = alone[0] - 1 if alone[0] else 1


def squared_error(confidence: Array, right: Array) -> Array:
    """`[answers]` scores of one run whose mean is its squared calibration error, without bias.

    An answer's part is its gap times the mean gap of the others of its bin. Every pair counts in
    two parts, so the spread of the parts is doubled about their mean: their variance over n is then
    that of the mean. Raises InputError for fewer than two answers.
    """
    if len(confidence) < 2:
        raise InputError(
            "calibration of a run",
            "test rows",
            len(confidence),
            "at least two",
            "raise split.test or give the task more rows",
        )
    gaps, place = confidence - right, bins(confidence)
    sums, sizes = np.bincount(place, gaps), np.bincount(place)
    # With two answers or more there is no bin of one.
    parts = gaps * (sums[place] - gaps) / (sizes[place] - 1)
    found: Array = 2 * parts - parts.mean()
    return found
