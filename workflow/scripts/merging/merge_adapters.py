"""Merge the adapters of one arm for one task and replicate; the test rows are not an input."""

import hashlib
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog
from recycling.merging.recipe import MergeRecipe
from recycling.model.conduct import Conduct

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    modules: str,
    runtime: str,
    train: str,
    valid: str,
    task: str,
    ranking: str,
    shards: list[str],
    fresh: str,
    stand_ins: list[str],
    folder: Path,
    arm: str,
    recipe: MergeRecipe,
    base_name: str,
    seed: int,
    conduct: Conduct,
) -> None:
    """Write the merged PEFT folder (or routed files) with card, record, coefficients and curve.

    `ranking` is empty without a pool, `fresh` without the fresh LoRA.
    """
    from recycling.adapters import peft_folder, twins
    from recycling.ground import registry, seeds, tables
    from recycling.merging import export, label_shuffled, truncation
    from recycling.merging.problem import Problem
    from recycling.model.opening import open_base
    from recycling.model.recipe import LoraRecipe
    from recycling.pool import first_k
    from recycling.tasks.record import read_examples

    about = tables.read_json(task)
    given = {part: read_examples(path) for part, path in (("train", train), ("valid", valid))}
    given |= {"instruction": about["instruction"], "conduct": conduct}
    base = cache(lambda: open_base(model, runtime))
    chosen = first_k.first(ranking, shards, recipe.count) if ranking else []
    if recipe.twin is not None:
        training = LoraRecipe(**recipe.twin_training) if recipe.twin_training else None
        learn = label_shuffled.learner(base, training, **given) if training else None
        chosen = twins.draw(recipe.twin, chosen, seed, learn)
    known = set(tables.read_table(modules, "modules")["module"])
    read = partial(peft_folder.read_peft, name="fresh", modules=known)
    chosen = [read(Path(fresh).parent), *chosen] if fresh else chosen
    given |= {"open_base": base, "stand_ins": [read(Path(file).parent) for file in stand_ins]}
    problem = Problem(chosen, bool(fresh), **given, seed=seeds.derive(seed, "merge"))
    merged = registry.load(recipe.entry)(problem, **recipe.options)
    if recipe.export_rank is not None:
        merged = truncation.at_rank(merged, recipe.export_rank)
    data = hashlib.sha256(Path(train).read_bytes() + Path(valid).read_bytes()).hexdigest()
    about = {"arm": arm, "method": recipe.method, "task": about["name"], "data": data}
    export.write(merged, folder, sources=chosen, base_name=base_name, **about)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        **dict(snakemake.input.items()),
        folder=Path(snakemake.output.record).parent,
        arm=snakemake.wildcards.arm,
        recipe=MergeRecipe(**snakemake.params.recipe),
        base_name=snakemake.params.base_name,
        seed=snakemake.params.seed,
        conduct=Conduct(**snakemake.params.conduct),
    )
