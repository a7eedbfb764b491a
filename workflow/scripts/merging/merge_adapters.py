"""Merge the adapters of one arm for one task and replicate; the test rows are not an input."""

import hashlib
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    files: dict[str, Any],
    folder: Path,
    arm: str,
    recipe: dict[str, Any],
    base_name: str,
    seed: int,
    conduct: dict[str, Any],
) -> None:
    """Write the merged PEFT folder, or what is routed, with card, record, coefficients, curve."""
    from recycling.adapters import peft_folder, twins
    from recycling.ground import registry, seeds, tables
    from recycling.merging import METHODS, export, label_shuffled
    from recycling.merging.problem import Problem
    from recycling.model.conduct import Conduct
    from recycling.model.opening import open_base
    from recycling.pool import first_k
    from recycling.tasks.record import read_examples

    task = tables.read_json(files["task"])
    about = {part: read_examples(files[part]) for part in ("train", "valid")}
    about |= {"instruction": task["instruction"], "conduct": Conduct(**conduct)}
    base = cache(lambda: open_base(files["model"], files["runtime"]))
    chosen = first_k.first(files["ranking"], files["shards"], recipe["k"]) if "k" in recipe else []
    if recipe["pool"] == "twins":
        learn = label_shuffled.learner(base, recipe.get("trained_by", {}), **about)
        chosen = twins.draw(recipe["twin"], chosen, seed, learn)
    modules = set(tables.read_table(files["modules"], "modules")["module"])
    read = partial(peft_folder.read_peft, name="fresh", modules=modules)
    if recipe["fresh"]:
        chosen = [read(Path(files["fresh"]).parent), *chosen]
    problem = Problem(
        adapters=chosen,
        fresh=bool(recipe["fresh"]),
        **about,
        seed=seeds.derive(seed, "merge"),
        open_base=base,
        stand_ins=[read(Path(file).parent) for file in files["stand_ins"]],
    )
    options = dict(recipe["merge"])
    method = options.pop("method")
    merged = registry.load(METHODS[method])(problem, **options)
    data = hashlib.sha256(Path(files["train"]).read_bytes() + Path(files["valid"]).read_bytes())
    export.write(
        merged,
        folder,
        arm=arm,
        method=method,
        sources=chosen,
        base_name=base_name,
        task=task["name"],
        data=data.hexdigest(),
    )


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        files=dict(snakemake.input.items()),
        folder=Path(snakemake.output.record).parent,
        arm=snakemake.wildcards.arm,
        recipe=snakemake.params.recipe,
        base_name=snakemake.params.base_name,
        seed=snakemake.params.seed,
        conduct=snakemake.params.conduct,
    )
