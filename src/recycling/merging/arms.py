"""The merges of the arms of one task and replicate: what each is made from, and how it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from recycling.adapters import canonical, peft_folder, twins
from recycling.adapters.canonical import Adapter
from recycling.ground import parts, registry, seeds, tables
from recycling.merging import compression, export, label_shuffled, truncation
from recycling.merging.problem import Merged, Problem
from recycling.merging.recipe import MergeRecipe
from recycling.model.conduct import Conduct
from recycling.model.opening import identity
from recycling.model.recipe import LoraRecipe, tried_rows
from recycling.pool import first_k
from recycling.tasks.record import Example, read_examples

if TYPE_CHECKING:
    from recycling.model.base import Base


@dataclass(frozen=True)
class Unit:
    """What the arms of a task and replicate share: files, seed and settings.

    `checksums` are those of the base's files. The test rows are not here.
    """

    checksums: Path
    modules: Path
    runtime: Path
    train: Path
    valid: Path
    task: Path
    base_name: str
    seed: int
    conduct: Conduct


@dataclass(frozen=True)
class ArmMerge:
    """The merge of one arm: how its adapters become one, and their files, best of the pool first.

    `fresh` is the folder of the LoRA that joins as adapter 0, `stand_ins` are those of LoRAs that
    were trained as it was.
    """

    arm: str
    recipe: MergeRecipe
    code: str
    pool: tuple[Path, ...] = ()
    fresh: Path | None = None
    stand_ins: tuple[Path, ...] = ()


def arm_merges(
    recipes: Mapping[str, Mapping[str, Any]],
    code: Mapping[str, str],
    rankings: Mapping[str, str],
    shards: Sequence[str],
    fresh: Mapping[str, str],
    stand_ins: Sequence[tuple[str, str]],
) -> list[ArmMerge]:
    """The merge of each arm of `recipes`.

    `rankings` has the arms that draw on the pool, whose adapters lie in the `shards`. `fresh` has
    the config of the LoRA that joins an arm, `stand_ins` an arm and that of one of its stand-ins.
    Raises InputError as `first_k.files` does.
    """
    found = []
    for arm, keys_of_recipe in recipes.items():
        recipe = MergeRecipe(**keys_of_recipe)
        drawn = first_k.files(rankings[arm], shards, recipe.count) if arm in rankings else []
        joins = Path(fresh[arm]).parent if arm in fresh else None
        others = tuple(Path(config).parent for of, config in stand_ins if of == arm)
        found.append(ArmMerge(arm, recipe, code[arm], tuple(drawn), joins, others))
    return found


def keys(unit: Unit, merges: Iterable[ArmMerge]) -> dict[str, str]:
    """Arm -> the key of all that its merge is made from; a file is read once for all arms."""
    digest, digests = cache(parts.digest), cache(parts.digests)
    base = identity(unit.checksums, unit.runtime)
    shared = [digest(file) for file in (unit.modules, unit.train, unit.valid, unit.task)]
    settings = [unit.base_name, unit.seed, asdict(unit.conduct)]
    return {
        merge.arm: parts.key(
            arm=merge.arm,
            recipe=asdict(merge.recipe),
            code=merge.code,
            unit=[base, *shared, *settings],
            pool=[digest(file) for file in merge.pool],
            fresh=_weights(digests, merge.fresh) if merge.fresh else None,
            stand_ins=[_weights(digests, folder) for folder in merge.stand_ins],
        )
        for merge in merges
    }


class _Rows(TypedDict):
    instruction: str
    train: Sequence[Example]
    valid: Sequence[Example]
    conduct: Conduct


class Merger:
    """Merges one arm after the other; none leaves anything to the next but what it has read.

    The base is opened when the first arm asks for it, once. The adapters of an arm are held until
    the next one has taken those that it shares, so that no more than those of one arm are in
    memory; see `in_order`. Those of a method that streams stay on disk, however many they are. The
    fresh LoRAs, which many arms share, are held throughout.
    """

    def __init__(self, unit: Unit, open_base: Callable[[], Base]) -> None:
        self._unit = unit
        self._open_base = cache(open_base)
        self._about = tables.read_json(unit.task)
        self._rows: _Rows = {
            "instruction": self._about["instruction"],
            "train": read_examples(unit.train),
            "valid": read_examples(unit.valid),
            "conduct": unit.conduct,
        }
        labelled = unit.train.read_bytes() + unit.valid.read_bytes()
        self._labelled = hashlib.sha256(labelled).hexdigest()
        modules = set(tables.read_table(unit.modules, "modules")["module"])
        self._read_trained = partial(peft_folder.read_peft, name="fresh", modules=modules)
        self._fresh = cache(self._read_trained)
        self._held: dict[Path, Adapter] = {}

    def merge(self, merge: ArmMerge, folder: Path) -> None:
        """Write the PEFT folder or the routed files of an arm, with all that belongs to it."""
        recipe, seed = merge.recipe, self._unit.seed
        self._held = {file: self._held[file] for file in merge.pool if file in self._held}
        read = canonical.opened if recipe.streams else self._pool_adapter
        chosen = [read(file) for file in merge.pool]
        if recipe.twin is not None:
            training = LoraRecipe(**recipe.twin_training) if recipe.twin_training else None
            learner = label_shuffled.learner
            learn = learner(self._open_base, training, **self._rows) if training else None
            chosen = twins.draw(recipe.twin, chosen, seed, learn)
        if merge.fresh is not None:
            chosen = [self._fresh(merge.fresh), *chosen]
        problem = Problem(
            chosen,
            merge.fresh is not None,
            **self._rows,
            seed=seeds.derive(seed, "merge"),
            open_base=self._open_base,
            stand_ins=[self._read_trained(stand_in) for stand_in in merge.stand_ins],
        )
        if recipe.tuning_folds:
            # Imported here because most merges do without the model.
            from recycling.merging.tuned import tuned

            fresh = recipe.stand_in_training
            merged = tuned(
                problem,
                lambda part, **options: made(part, replace(recipe, options=options)),
                recipe.options,
                grid=recipe.grid,
                folds=recipe.tuning_folds,
                stand_ins=(LoraRecipe(**fresh), seed) if fresh else None,
            )
        else:
            merged = made(problem, recipe)
        about = {"method": recipe.method, "task": self._about["name"], "data": self._labelled}
        name = self._unit.base_name
        export.write(merged, folder, arm=merge.arm, sources=chosen, base_name=name, **about)
        tables.write_table(tried_rows(merged.tried), folder / "tuning.tsv", "tried")

    def _pool_adapter(self, file: Path) -> Adapter:
        if file not in self._held:
            self._held[file] = canonical.read(file)
        return self._held[file]


def made(problem: Problem, recipe: MergeRecipe) -> Merged:
    """The merge by a recipe's method at its rank, of compressed adapters where it says so."""
    method: Callable[..., Merged] = registry.load(recipe.entry)
    if recipe.compress_rank is not None:
        before = compression.compressed(problem, recipe.compress_rank)
        merged = truncation.at_rank(method(before.problem, **recipe.options), recipe.compress_rank)
        lost = {"compress_rank": recipe.compress_rank, "compress_error": before.error}
        return replace(merged, details={**merged.details, **lost})
    merged = method(problem, **recipe.options)
    if recipe.export_rank is None:
        return merged
    return truncation.at_rank(merged, recipe.export_rank)


def in_order(merges: Iterable[ArmMerge]) -> list[ArmMerge]:
    """Arms that take the same adapters one after the other, so that each is read once."""
    return sorted(merges, key=lambda merge: merge.pool)


def _weights(digests: Callable[[Path], dict[str, str]], folder: Path) -> list[str]:
    """The digests of what is read of a PEFT folder; how it was trained is not."""
    found = digests(folder)
    return [found["adapter_config.json"], found["adapter_model.safetensors"]]
