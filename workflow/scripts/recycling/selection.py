"""Rank the adapters of a pool for a target task. A merge takes the first k of a ranking.

A selector returns a score for each adapter, higher is better. Ties are broken by a seeded
shuffle: with the alphabet, a quarter of the paper's selected adapters were chosen by their names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from recycling import registry, seeds

SELECTORS = {
    "random": "recycling.selection:random",
    "evaluation": "recycling.selection:evaluation",
}
# What a selector reads; the others look at nothing but names.
NEEDS = {"evaluation": "pool_scores"}


def rank(
    selector: str, adapters: Sequence[str], evidence: Mapping[str, float], seed: int
) -> list[dict[str, Any]]:
    """Rows of the table `ranking`: position from 1, adapter, score; best first."""
    names = sorted(adapters)
    scores: Mapping[str, float] = registry.load(SELECTORS[selector])(names, evidence, seed)
    tie_break = seeds.numpy_generator(seed, "ties", selector).permutation(len(names))
    order = sorted(range(len(names)), key=lambda i: (-scores[names[i]], tie_break[i]))
    return [
        {"position": position, "adapter": names[i], "score": scores[names[i]]}
        for position, i in enumerate(order, start=1)
    ]


def random(names: Sequence[str], evidence: Mapping[str, float], seed: int) -> dict[str, float]:
    """Uniform scores, the same for every arm of a task and replicate."""
    draws = seeds.numpy_generator(seed, "selection").random(len(names))
    return dict(zip(names, draws.tolist(), strict=True))


def evaluation(names: Sequence[str], evidence: Mapping[str, float], seed: int) -> dict[str, float]:
    """The measured score of base + adapter on the labelled rows (2602.12323, section 3)."""
    return {name: evidence[name] for name in names}
