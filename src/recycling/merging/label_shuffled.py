"""LoRAs trained on shuffled answers, for twins that know the format of a task and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from recycling.adapters.canonical import Factors
from recycling.model.conduct import Conduct
from recycling.model.recipe import LoraRecipe
from recycling.tasks.record import Example

if TYPE_CHECKING:
    from recycling.model.base import Base


def learner(
    open_base: Callable[[], Base],
    recipe: LoraRecipe,
    *,
    instruction: str,
    train: Sequence[Example],
    valid: Sequence[Example],
    conduct: Conduct,
) -> Callable[[Mapping[str, int], int], dict[str, Factors]]:
    """A function of ranks and seed that trains by `recipe`, that of the fresh LoRA, once."""

    def learn(ranks: Mapping[str, int], seed: int) -> dict[str, Factors]:
        # Imported here because other twins do without the model.
        from recycling.model import fresh, lora

        how = replace(recipe, labels="shuffled", average=1)
        factors, _ = fresh.train(open_base(), instruction, train, valid, how, seed, conduct, ranks)
        scale = lora.scaling(recipe.rank, recipe.alpha, recipe.rslora)
        return {
            module: Factors(part.a.cpu(), part.b.cpu()).scaled(scale)
            for module, part in factors.items()
        }

    return learn
