"""Coefficients learnt on rows that the fresh LoRA was not trained on: cross-fitted stacking.

The fresh LoRA fits its training rows, so on them its coefficient looks better than it is. Here each
row is answered by a stand-in that was trained without it (Wolpert, 1992), while the coefficients,
the other adapters and the base are the same for all rows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import torch

from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.merging.gated import Gated
from recycling.merging.problem import Merged, Problem
from recycling.model.base import Base
from recycling.model.recipe import Recipe
from recycling.model.training import answer_tokens, fit, loss
from recycling.tasks.record import Example
from recycling.tasks.splits import fold_of


def stacked(
    problem: Problem,
    *,
    folds: int,
    granularity: Literal["adapter", "layer", "sublayer", "module", "direction"] = "module",
    activation: Literal["identity", "leaky_relu", "softmax", "sigmoid"] = "leaky_relu",
    init: Literal["zero", "equal", "target"] = "target",
    steps: int = 100,
    learning_rate: float = 0.05,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """As `learned`, but for a row of `train` its fold's stand-in takes the fresh LoRA's place.

    What is folded is the fresh LoRA itself, which has seen all rows; the validation rows, which
    neither it nor a stand-in was trained on, are answered by it too. A step reads a batch in as
    many passes as it has folds.

    Raises InputError unless there is a fresh LoRA with one stand-in for each fold.
    """
    if not problem.fresh or len(problem.stand_ins) != folds:
        raise InputError(
            "merge stacked",
            "stand-ins of the fresh LoRA",
            len(problem.stand_ins),
            f"one for each of {folds} folds, and the fresh LoRA",
            "let the fresh LoRA join the arm",
        )
    full = Gated(problem, granularity, activation, init)
    crossed = {}
    for fold, stand_in in enumerate(problem.stand_ins):
        others = replace(problem, adapters=[stand_in, *problem.adapters[1:]])
        crossed[fold] = Gated(others, granularity, activation, init)
        for module, layer in crossed[fold].layers.items():
            layer.raw = full.layers[module].raw
    for raw in full.raw:
        raw.requires_grad_(True)
    places = {row.id: fold_of(index, folds) for index, row in enumerate(problem.train)}
    done = fit(
        problem.base,
        full.raw,
        problem.instruction,
        problem.train,
        problem.valid,
        Recipe(
            steps,
            learning_rate,
            batch_size,
            evaluate_every=evaluate_every,
            conduct=problem.conduct,
        ),
        seeds.torch_generator(problem.seed, "batches"),
        objective=partial(_crossed_loss, full, crossed, places),
    )
    details = {"folds": folds}
    found = full.combined(), full.coefficients()
    return Merged(*found, done.curve, done.tokens, details=details)


def _crossed_loss(
    full: Gated,
    crossed: Mapping[int, Gated],
    places: Mapping[str, int],
    base: Base,
    instruction: str,
    rows: Sequence[Example],
) -> torch.Tensor:
    """Mean over all answer tokens, each row answered with the stand-in of its place."""
    groups: dict[int | None, list[Example]] = defaultdict(list)
    for row in rows:
        groups[places.get(row.id)].append(row)
    sums, tokens = [], 0
    for place, group in groups.items():
        count = answer_tokens(base, group)
        with base.attached((full if place is None else crossed[place]).branches):
            sums.append(count * loss(base, instruction, group))
        tokens += count
    return torch.stack(sums).sum() / tokens
