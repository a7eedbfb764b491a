"""Train one adapter of the pool for another task, with a rank, scale and modules of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.community.recipe import CommunityAdapter
from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    folder: Path,
    curve: str,
    base_name: str,
    recipe: CommunityAdapter,
    source: str,
    options: dict[str, object],
    seed: int,
) -> None:
    """Write a PEFT folder and its training curve; `options` are those of the task's `source`."""
    from recycling import tasks
    from recycling.adapters import peft_folder
    from recycling.adapters.canonical import Adapter
    from recycling.ground import seeds, tables
    from recycling.model import lora
    from recycling.model.opening import open_base
    from recycling.model.recipe import Recipe, curve_rows

    task = tasks.load(recipe.task, source, **options)
    order = seeds.numpy_generator(seed, "rows").permutation(len(task.examples))
    rows = [task.examples[i] for i in order[: recipe.rows]]
    factors, fit = lora.train(
        open_base(model, runtime),
        task.instruction,
        rows,
        [],
        Recipe(recipe.steps, recipe.learning_rate),
        seed,
        rank=recipe.rank,
        alpha=recipe.alpha,
        rslora=recipe.rslora,
        modules=recipe.modules,
    )
    peft_folder.write_peft(
        Adapter(folder.name, factors),
        folder,
        base_name,
        alpha=recipe.alpha,
        rslora=recipe.rslora,
    )
    tables.write_table(curve_rows(fit.curve), curve, "curve")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        folder=Path(snakemake.output.config).parent,
        curve=snakemake.output.curve,
        base_name=snakemake.params.base_name,
        recipe=CommunityAdapter(**snakemake.params.recipe),
        source=snakemake.params.source,
        options=snakemake.params.options,
        seed=snakemake.params.seed,
    )
