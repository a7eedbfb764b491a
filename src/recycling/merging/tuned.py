"""A merge whose options are chosen by cross-validation within the training rows.

The fresh LoRA has learnt all training rows, so no row would be new to it: in each fold another one
stands in for it, trained by the same recipe without the rows of the fold. The adapters of the pool
are the same in all folds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging.problem import Merged, Problem
from recycling.model import fresh, tuning
from recycling.model.recipe import Configuration, LoraRecipe, chosen
from recycling.model.tuning import Fold


def tuned(
    problem: Problem,
    method: Callable[..., Merged],
    options: Mapping[str, Any],
    *,
    grid: Mapping[str, Sequence[float]],
    folds: int,
    stand_ins: tuple[LoraRecipe, int] | None,
) -> Merged:
    """The merge by `options`, and of the `grid` by what is best on rows that it has not seen.

    `stand_ins` has the recipe and the seed of the fresh LoRA, where it joins. The tokens are those
    of all that was tried and of the merge itself. It costs a merge for each configuration and fold,
    and with the fresh LoRA a training for each fold.

    Raises InputError for more folds than training rows, and for a fresh LoRA without a recipe.
    """
    if problem.fresh and stand_ins is None:
        raise InputError(
            "tuning",
            "recipe of the fresh LoRA",
            None,
            "one by which it is trained without a fold",
            "say how it was trained, or let no fresh LoRA join",
        )
    before = problem.base.tokens_read

    def learner(fold: Fold) -> Callable[[Configuration], Mapping[str, Factors]]:
        part = replace(problem, train=fold.train, valid=fold.valid)
        if stand_ins:
            joined = _stand_in(problem, fold, *stand_ins)
            part = replace(part, adapters=[joined, *part.adapters[1:]])
        return lambda configuration: method(part, **{**options, **configuration}).modules

    parts = tuning.folds_within(problem.train, len(problem.valid), folds)
    tried = tuning.tried(
        problem.base, problem.instruction, [(fold, learner(fold)) for fold in parts], grid
    )
    spent = problem.base.tokens_read - before
    merged = method(problem, **{**options, **chosen(tried)})
    return replace(merged, tokens=spent + merged.tokens, tried=tried)


def _stand_in(problem: Problem, fold: Fold, recipe: LoraRecipe, seed: int) -> Adapter:
    learnt = fresh.of_fold(problem.base, problem.instruction, fold, recipe, seed, problem.conduct)
    modules = {m: Factors(factors.a.cpu(), factors.b.cpu()) for m, factors in learnt.items()}
    return Adapter(problem.adapters[0].name, modules)
