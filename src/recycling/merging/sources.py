"""The adapters that an arm merges: of the pool, or random twins of them, and the fresh LoRA."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from recycling.adapters import canonical, peft_folder, twins
from recycling.adapters.canonical import Adapter
from recycling.merging.recipe import MergeRecipe
from recycling.pool import first_k


@dataclass(frozen=True)
class ArmMerge:
    """The merge of one arm: how its adapters become one, and their files, best of the pool first.

    `fresh` is the folder of the LoRA that joins as adapter 0, `stand_ins` are those of LoRAs that
    were trained as it was.
    """

    arm: str
    recipe: MergeRecipe
    pool: tuple[Path, ...] = ()
    fresh: Path | None = None
    stand_ins: tuple[Path, ...] = ()


def arm_merges(given: Any, params: Any) -> list[ArmMerge]:
    """The merge of each arm in the `recipes` of a job, from its inputs `given` and its `params`.

    The arms that are `drawing` have a ranking each, of adapters that lie in the shards. Those that
    are `joined` have the config of the LoRA that joins, those that are `folding` that of one of its
    stand-ins; an arm is named once for each. Raises InputError as `first_k.files` does.
    """
    rankings = dict(zip(params.drawing, given.rankings, strict=True))
    fresh = dict(zip(params.joined, given.fresh, strict=True))
    folding = zip(params.get("folding", []), given.get("stand_ins", []), strict=True)
    stand_ins = [(arm, Path(config).parent) for arm, config in folding]
    found = []
    for arm, keys_of_recipe in params.recipes.items():
        recipe = MergeRecipe(**keys_of_recipe)
        drawn = first_k.files(rankings[arm], given.shards, recipe.count) if arm in rankings else []
        joins = Path(fresh[arm]).parent if arm in fresh else None
        others = tuple(folder for of, folder in stand_ins if of == arm)
        found.append(ArmMerge(arm, recipe, tuple(drawn), joins, others))
    return found


class Sources:
    """Reads the adapters of one arm after the other.

    Those of an arm are held until the next one has taken those that it shares, so that no more than
    those of one arm are in memory. Those of a method that streams stay on disk, however many they
    are. The fresh LoRAs, which many arms share, are held throughout. `modules` are the linear
    modules of the base, `seed` is that of the unit.
    """

    def __init__(self, modules: Collection[str], seed: int) -> None:
        self._seed = seed
        self.read_trained = partial(peft_folder.read_peft, name="fresh", modules=modules)
        self._fresh = cache(self.read_trained)
        self._held: dict[tuple[Path, bool], Adapter] = {}

    def of(self, merge: ArmMerge, learn: twins.Learn | None = None) -> list[Adapter]:
        """The adapters of an arm, the fresh LoRA first; `learn` trains twins that are trained."""
        recipe = merge.recipe
        wanted = [(file, recipe.streams) for file in merge.pool]
        self._held = {key: self._held[key] for key in wanted if key in self._held}
        chosen = [self._pool_adapter(*key) for key in wanted]
        if recipe.twin is not None:
            chosen = twins.draw(recipe.twin, chosen, self._seed, learn)
        return chosen if merge.fresh is None else [self._fresh(merge.fresh), *chosen]

    def _pool_adapter(self, file: Path, streams: bool) -> Adapter:
        if (file, streams) not in self._held:
            read = canonical.opened if streams else canonical.read
            self._held[file, streams] = read(file)
        return self._held[file, streams]
