"""Experiments on single adapters with tuned coefficients: which are useful, and who can tell."""

from collections.abc import Mapping

import numpy as np

from recycling.ground.seeds import numpy_generator
from recycling.pool import SELECTORS
from recycling.statistics import Array, bootstrap, variance
from recycling.statistics.bootstrap import Resamples
from recycling.statistics.rank_correlation import spearman
from recycling.verdict.experiments.evidence import (
    SHOWN,
    Comparison,
    Evidence,
    Finding,
    compared,
)
from recycling.verdict.pairings import role
from recycling.verdict.summary import ALL


def selectors(evidence: Evidence) -> list[Finding]:
    """Every selector against chance, and its score against usefulness after tuning.

    Usefulness is known of the adapters that some arm tunes alone; a score is its mean over
    replicates.
    """
    arms = evidence.arms
    found = compared(
        evidence,
        [
            Comparison(
                "minus random, " + ("with the fresh LoRA" if arms[arm].fresh else "alone"),
                arm,
                arm,
                chance,
                _claimed(arms[arm].select),
            )
            for arm, chance in evidence.pairs("minus random")
        ],
    )
    return found + _foretold(evidence)


def single_adapters(evidence: Evidence) -> list[Finding]:
    """Shares of the variance of tuned single adapters, and what each gains over the base."""
    arms = list(_singles(evidence).values())
    if len(arms) < 2 or len(evidence.targets) < 2:
        return []
    found = []
    resamples = evidence.resamples()
    for metric in SHOWN:
        # Where all scores are equal, no share of their variance is anyone's.
        observed, draws = (
            np.nan_to_num(variance.shares(scores)) for scores in _scores(resamples, arms, metric)
        )
        # Resampling adds noise, which moves shares of variance; what counts here is their spread.
        draws = np.clip(draws - draws.mean(0) + observed[0], 0, 1)
        for place, share in enumerate(("task", "adapter", "both and noise")):
            about = Comparison("share of variance", share, "", "")
            found.append(
                _found(evidence, about, "share", metric, observed[0, place], draws[:, place])
            )
        about = Comparison("adapter's share minus task's share", "adapter - task", "", "", "less")
        value, apart = observed[0, 1] - observed[0, 0], draws[:, 1] - draws[:, 0]
        found.append(_found(evidence, about, "share difference", metric, value, apart))
    return found + compared(
        evidence,
        [
            Comparison(f"minus {base}", arm, arm, base)
            for arm, base in evidence.pairs("minus base")
            if arm in arms
        ],
    )


def _foretold(evidence: Evidence) -> list[Finding]:
    """Rank correlation of each selector's score with usefulness after tuning.

    Adapters are resampled along with replicates and examples: a selector is to foretell the
    usefulness of other adapters too.
    """
    singles = _singles(evidence)
    if len(singles) < 3:
        return []
    scores = evidence.rankings.groupby(["selector", "task", "adapter"])["score"].mean()
    resamples = evidence.resamples()
    found = []
    for selector in evidence.rankings["selector"].unique():
        about = Comparison(
            f"rank correlation of score and usefulness, {len(singles)} adapters",
            selector,
            selector,
            "",
            _claimed(selector),
        )
        score = np.array(
            [[scores[selector, task, one] for one in singles] for task in evidence.targets]
        )[None]
        for metric in SHOWN:
            observed, draws = _scores(resamples, list(singles.values()), metric)
            generator = numpy_generator(evidence.seed, "bootstrap over adapters")
            drawn = generator.integers(len(singles), size=(len(draws), 1, len(singles)))
            resampled = _correlation(
                np.take_along_axis(np.broadcast_to(score, draws.shape), drawn, -1),
                np.take_along_axis(draws, drawn, -1),
            )
            value = float(_correlation(score, observed)[0])
            found.append(_found(evidence, about, "correlation", metric, value, resampled))
    return found


def _claimed(selector: str | None) -> str:
    """Nothing is claimed of chance, nor of the test rows: an oracle is an upper bound."""
    if selector is None:
        return "more"
    return "" if selector == "random" or SELECTORS[selector].by_test_rows else "more"


def _singles(evidence: Evidence) -> dict[str, str]:
    """Adapter -> arm that tunes it alone, on every target and replicate the same."""
    found: dict[str, str] = {}
    for arm, rows in evidence.merged.groupby("arm", sort=False):
        recipe = evidence.arms[str(arm)]
        alone = role(recipe) == "recycled" and not recipe.fresh
        if alone and recipe.merge.method != "none" and rows["adapter"].nunique() == 1:
            found.setdefault(str(rows["adapter"].iloc[0]), str(arm))
    return found


def _scores(
    resamples: Mapping[str, Resamples], arms: list[str], metric: str
) -> tuple[Array, Array]:
    """Mean scores of arms by target: observed `[1, targets, arms]` and `[draws, targets, arms]`."""
    chosen = list(resamples.values())
    places, m = [chosen[0].arms.index(arm) for arm in arms], chosen[0].metrics.index(metric)
    return (
        np.stack([task.observed[places, m] for task in chosen])[None],
        np.stack([task.draws[:, places, m] for task in chosen], axis=1),
    )


def _found(
    evidence: Evidence, about: Comparison, quantity: str, metric: str, value: float, draws: Array
) -> Finding:
    whole = evidence.answers
    estimate = bootstrap.estimate(value, draws)
    return Finding(about, quantity, metric, ALL, whole.n, whole.replicates, estimate)


def _correlation(scores: Array, useful: Array) -> Array:
    """Rank correlation over adapters, mean over targets, of two `[draws, targets, adapters]`.

    A target where all adapters are equal counts as 0: nothing is foretold there.
    """
    return np.asarray(np.nan_to_num(spearman(scores, useful)).mean(-1))
