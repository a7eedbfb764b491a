"""The fresh LoRA of a target task, by one of the study's recipes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from recycling.adapters import lowrank
from recycling.adapters.canonical import Factors
from recycling.ground import seeds
from recycling.model import lora
from recycling.model.base import Base
from recycling.model.conduct import Conduct
from recycling.model.recipe import Configuration, Fit, LoraRecipe, Recipe, Tried
from recycling.model.tuning import Fold, tried
from recycling.tasks.record import Example
from recycling.tasks.splits import with_shuffled_answers


def tuned(
    base: Base,
    instruction: str,
    folds: Sequence[Fold],
    recipe: LoraRecipe,
    grid: Mapping[str, Sequence[float]],
    seed: int,
    conduct: Conduct,
) -> list[Tried]:
    """What each configuration of the `grid`, put into the recipe, learns of the `folds`.

    It costs a training for each configuration and fold.
    """

    def learner(fold: Fold) -> Callable[[Configuration], Mapping[str, Factors]]:
        return lambda configuration: of_fold(
            base, instruction, fold, replace(recipe, **configuration), seed, conduct
        )

    return tried(base, instruction, [(fold, learner(fold)) for fold in folds], grid)


def of_fold(
    base: Base, instruction: str, fold: Fold, recipe: LoraRecipe, seed: int, conduct: Conduct
) -> dict[str, Factors]:
    """What the rows of the other folds teach, the scale folded in."""
    factors, _ = train(base, instruction, fold.train, fold.valid, recipe, seed, conduct)
    return {
        module: part.scaled(lora.scaling(part.rank, recipe.alpha, recipe.rslora))
        for module, part in factors.items()
    }


def train(
    base: Base,
    instruction: str,
    rows: Sequence[Example],
    valid: Sequence[Example],
    recipe: LoraRecipe,
    seed: int,
    conduct: Conduct,
    ranks: Mapping[str, int] | None = None,
) -> tuple[dict[str, Factors], list[Fit]]:
    """Factors before the scale, and how the training of each averaged LoRA went.

    Recipes draw from the same streams: a variant starts with the weights and takes the batches of
    the default recipe as far as the two agree, so their difference is that of the recipes. With
    `average: n` the rank is n times the recipe's: alpha over it is the scale of the mean. With
    `labels: shuffled` the validation rows are shuffled too, else they would choose the step that
    knows most. `ranks` gives single modules their own, instead of the recipe's rank in all.

    With `rslora` the scale is alpha/sqrt(rank), and `b` is divided by the root of `average`, so
    that alpha over the root of n times the rank is the scale of the mean.
    """
    if recipe.labels == "shuffled":
        rows = with_shuffled_answers(rows, seeds.numpy_generator(seed, "labels", "train"))
        valid = with_shuffled_answers(valid, seeds.numpy_generator(seed, "labels", "valid"))
    how = Recipe(
        recipe.steps,
        recipe.learning_rate,
        evaluate_every=recipe.evaluate_every,
        weight_decay=recipe.weight_decay,
        conduct=conduct,
    )
    trained, fits = [], []
    for number in range(recipe.average):
        factors, fit = lora.train(
            base,
            instruction,
            rows,
            valid,
            how,
            seeds.derive(seed, "average", number) if number else seed,
            rank=recipe.rank,
            alpha=recipe.alpha,
            dropout=recipe.dropout,
            ranks=ranks,
            rslora=recipe.rslora,
            loraplus_ratio=recipe.loraplus_ratio,
        )
        trained.append(factors)
        fits.append(fit)
    mean = {
        module: lowrank.concatenate([factors[module] for factors in trained])
        for module in trained[0]
    }
    if recipe.rslora and recipe.average > 1:
        mean = {module: part.scaled(recipe.average**-0.5) for module, part in mean.items()}
    return mean, fits
