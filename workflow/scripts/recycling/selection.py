"""Rank the adapters of a pool for a target task. A merge takes the first k of a ranking.

A selector returns a score for each adapter, higher is better. Ties are broken by a seeded
shuffle: with the alphabet, a quarter of the paper's selected adapters were chosen by their names.
Selectors have no options: a ranking is a file, and the selector's name is the file's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from recycling import registry, seeds

SELECTORS = {
    "random": "recycling.selection:random",
    "rank": "recycling.selection:measured",
    "evaluation": "recycling.selection:measured",
    # One backward pass: see `model.gradients.first_order_gain`.
    "gradient": "recycling.selection:measured",
    "gradient_at_fresh": "recycling.selection:measured",
    # Closeness to the fresh LoRA: see `adapters.closeness`.
    "cosine": "recycling.selection:measured",
    "cosine_micro": "recycling.selection:measured",
    "clamp": "recycling.selection:measured",
    "clamp_micro": "recycling.selection:measured",
    "clamp_pm": "recycling.selection:measured",
    "clamp_pm_micro": "recycling.selection:measured",
    "abs": "recycling.selection:measured",
    "abs_micro": "recycling.selection:measured",
    "quasi_fim": "recycling.selection:measured",
    "quasi_fim_micro": "recycling.selection:measured",
    "l2": "recycling.selection:measured",
}
# The rules whose work a selector rests on, with what they measure; the others cost nothing.
NEEDS = {
    "evaluation": ["score_pool"],
    "gradient": ["screen_pool/gradient"],
    "gradient_at_fresh": ["train_fresh/fresh", "screen_pool/gradient_at_fresh"],
    "cosine": ["train_fresh/fresh", "compare_pool/cosine"],
    "cosine_micro": ["train_fresh/fresh", "compare_pool/cosine_micro"],
    "clamp": ["train_fresh/fresh", "compare_pool/clamp"],
    "clamp_micro": ["train_fresh/fresh", "compare_pool/clamp_micro"],
    "clamp_pm": ["train_fresh/fresh", "compare_pool/clamp_pm"],
    "clamp_pm_micro": ["train_fresh/fresh", "compare_pool/clamp_pm_micro"],
    "abs": ["train_fresh/fresh", "compare_pool/abs"],
    "abs_micro": ["train_fresh/fresh", "compare_pool/abs_micro"],
    "quasi_fim": ["train_fresh/fresh", "compare_pool/quasi_fim"],
    "quasi_fim_micro": ["train_fresh/fresh", "compare_pool/quasi_fim_micro"],
    "l2": ["train_fresh/fresh", "compare_pool/l2"],
}


def rank(
    selector: str,
    adapters: Sequence[str],
    evidence: Mapping[str, float],
    seed: int,
    *,
    owners: Mapping[str, str] | None = None,
    max_per_owner: int | None = None,
) -> list[dict[str, Any]]:
    """Rows of the table `ranking`: position from 1, adapter, score, passed_over; best first.

    With `max_per_owner`, an adapter behind that many of its owner has no position but the reason
    why it was passed over. An adapter without a known owner counts as an owner of its own.
    """
    names = sorted(adapters)
    scores: Mapping[str, float] = registry.load(SELECTORS[selector])(names, evidence, seed)
    tie_break = seeds.numpy_generator(seed, "ties", selector).permutation(len(names))
    order = sorted(range(len(names)), key=lambda i: (-scores[names[i]], tie_break[i]))
    taken: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for name in (names[i] for i in order):
        owner = (owners or {}).get(name, "")
        full = max_per_owner is not None and owner != "" and taken[owner] >= max_per_owner
        reason = f"{max_per_owner} better of {owner}" if full else ""
        if not full:
            taken[owner] += 1
        position = None if full else taken.total()
        rows.append(
            {"position": position, "adapter": name, "score": scores[name], "passed_over": reason}
        )
    return rows


def random(names: Sequence[str], evidence: Mapping[str, float], seed: int) -> dict[str, float]:
    """Uniform scores, the same for every arm of a task and replicate."""
    draws = seeds.numpy_generator(seed, "selection").random(len(names))
    return dict(zip(names, draws.tolist(), strict=True))


def measured(names: Sequence[str], evidence: Mapping[str, float], seed: int) -> dict[str, float]:
    """What was measured of each adapter.

    Its largest rank (`rank`), the score of base + adapter on labelled rows (`evaluation`;
    2602.12323, section 3), the first-order gain or the closeness to the fresh LoRA.
    """
    return {name: evidence[name] for name in names}
