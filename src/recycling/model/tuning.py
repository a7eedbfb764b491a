"""Choose a configuration by cross-validation within the training rows of a target.

Every configuration is tried on the same folds: it learns from the rows of the others, some of which
validate as they do in the training that follows, and is scored on the fold. The validation rows of
the target are never read. They decide later what is kept of a merge, so they must not have chosen
what is merged.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import torch

from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.ground.runlog import Progress
from recycling.model.base import Base
from recycling.model.recipe import Configuration, Tried
from recycling.model.training import answer_tokens, loss
from recycling.tasks.record import Example
from recycling.tasks.splits import in_fold, shared_out, without_fold


@dataclass(frozen=True)
class Fold:
    """Rows to learn from, rows that validate this, and the fold itself, which scores it."""

    train: Sequence[Example]
    valid: Sequence[Example]
    left_out: Sequence[Example]


Learn = Callable[[Configuration], Mapping[str, Factors]]
"""What a configuration learns of a fold's rows: module -> factors of the update, scale included."""


def folds_within(rows: Sequence[Example], valid: int, folds: int) -> list[Fold]:
    """The folds of training rows, beside which `valid` rows validate.

    Of the rows that are not left out as large a share validates. Raises InputError for fewer rows
    than folds.
    """
    if not 2 <= folds <= len(rows):
        raise InputError(
            "tuning",
            "folds",
            folds,
            f"2 to {len(rows)}, the number of training rows",
            "ask for fewer folds, or give the task more rows",
        )
    found = []
    for fold in range(folds):
        others = without_fold(rows, fold, folds)
        learnt, _ = shared_out(len(others), train=len(rows), valid=valid)
        found.append(Fold(others[:learnt], others[learnt:], in_fold(rows, fold, folds)))
    return found


def configurations(grid: Mapping[str, Sequence[float]]) -> list[Configuration]:
    """Every combination of the values, those of the last option changing first."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def tried(
    base: Base,
    instruction: str,
    folds: Sequence[tuple[Fold, Learn]],
    grid: Mapping[str, Sequence[float]],
) -> list[Tried]:
    """Every configuration of the grid, in order, with its cross-validated loss."""
    found = []
    every = configurations(grid)
    progress = Progress("configuration", len(every))
    for configuration in every:
        before, nats, tokens = base.tokens_read, 0.0, 0
        for fold, learn in folds:
            update = learn(configuration)
            with base.wearing(Adapter("tried", dict(update))), torch.no_grad():
                value = loss(base, instruction, fold.left_out).item()
            count = answer_tokens(base, fold.left_out)
            nats, tokens = nats + value * count, tokens + count
        score = nats / tokens if math.isfinite(nats) else math.inf
        rows = sum(len(fold.left_out) for fold, _ in folds)
        found.append(Tried(configuration, score, rows, base.tokens_read - before))
        progress.step(f"{dict(configuration)}: loss {score:.3f}")
    return found
