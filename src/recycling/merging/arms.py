"""The merges of the arms of one task and replicate: what each is made from, and how it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from recycling.ground import parts, registry, seeds, tables
from recycling.merging import compression, export, label_shuffled, truncation
from recycling.merging.problem import Merged, Problem
from recycling.merging.recipe import MergeRecipe
from recycling.merging.sources import ArmMerge, Sources
from recycling.merging.spans import Spans
from recycling.model.conduct import Conduct
from recycling.model.opening import identity
from recycling.model.recipe import LoraRecipe, tried_rows
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


def keys(unit: Unit, merges: Iterable[ArmMerge], code: Mapping[str, str]) -> dict[str, str]:
    """Arm -> the key of all that its merge is made from; a file is read once for all arms.

    `code` is the digest of the code that merges each arm.
    """
    digest, digests = cache(parts.digest), cache(parts.digests)
    base = identity(unit.checksums, unit.runtime)
    shared = [digest(file) for file in (unit.modules, unit.train, unit.valid, unit.task)]
    settings = [unit.base_name, unit.seed, asdict(unit.conduct)]
    return {
        merge.arm: parts.key(
            arm=merge.arm,
            recipe=asdict(merge.recipe),
            code=code[merge.arm],
            unit=[base, *shared, *settings],
            pool=[digest(file) for file in merge.pool],
            fresh=_weights(digests, merge.fresh) if merge.fresh else None,
            stand_ins=[_weights(digests, folder) for folder in merge.stand_ins],
        )
        for merge in merges
    }


def as_parts(
    made_from: Mapping[str, str], staying: Iterable[str], passing: Iterable[str]
) -> dict[str, parts.Part]:
    """Arm -> its part of a job; the outputs of the job lie in `ARM/TASK/REPLICATE`."""
    found = {}
    for arm, key in made_from.items():
        kinds = ([f for f in files if _arm(f) == arm] for files in (staying, passing))
        found[arm] = parts.Part(key, *map(tuple, kinds))
    return found


def remove_others(outputs: Iterable[str]) -> None:
    """Remove what lies beside the outputs of merges: an arm may have been exported before."""
    kept = set(map(Path, outputs))
    for folder in {output.parent for output in kept}:
        for file in folder.iterdir():
            if file not in kept:
                file.unlink()
                print(
                    f"{_arm(str(file))}: {file.name} removed, the study keeps it no more",
                    flush=True,
                )


class _Rows(TypedDict):
    instruction: str
    train: Sequence[Example]
    valid: Sequence[Example]
    conduct: Conduct


class Merger:
    """Merges one arm after the other; none leaves anything to the next but what it has read.

    The base is opened when the first arm asks for it, once. See `in_order` for the adapters.
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
        self._sources = Sources(modules, unit.seed)
        self._spans = Spans()

    def merge(self, merge: ArmMerge, folder: Path) -> None:
        """Write what is kept of the merge of an arm, with all that belongs to it."""
        recipe = merge.recipe
        training = LoraRecipe(**recipe.twin_training) if recipe.twin_training else None
        learner = label_shuffled.learner
        learn = learner(self._open_base, training, **self._rows) if training else None
        chosen = self._sources.of(merge, learn)
        problem = Problem(
            chosen,
            merge.fresh is not None,
            **self._rows,
            seed=seeds.derive(self._unit.seed, "merge"),
            open_base=self._open_base,
            stand_ins=[self._sources.read_trained(folder) for folder in merge.stand_ins],
            spans=self._spans,
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
                stand_ins=(LoraRecipe(**fresh), self._unit.seed) if fresh else None,
            )
        else:
            merged = made(problem, recipe)
        export.write(
            merged,
            folder,
            kept=recipe.kept,
            arm=merge.arm,
            method=recipe.method,
            sources=chosen,
            base_name=self._unit.base_name,
            task=self._about["name"],
            data=self._labelled,
        )
        tables.write_table(tried_rows(merged.tried), folder / "tuning.tsv", "tried")


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


def _arm(output: str) -> str:
    return Path(output).parents[2].name


def _weights(digests: Callable[[Path], dict[str, str]], folder: Path) -> list[str]:
    """The digests of what is read of a PEFT folder; how it was trained is not."""
    found = digests(folder)
    return [found["adapter_config.json"], found["adapter_model.safetensors"]]
