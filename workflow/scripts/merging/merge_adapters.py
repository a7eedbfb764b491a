"""Merge the adapters of each arm of a task and replicate; the test rows are not an input."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import parts, runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.merging.arms import ArmMerge, Unit


def main(
    unit: "Unit",
    merges: list["ArmMerge"],
    model: str,
    store: Path,
    named: list[str],
    outputs: dict[str, tuple[str, ...]],
    seconds: dict[str, str],
) -> None:
    """Make the merges that are not in `store` yet, and write the outputs and seconds of each arm.

    `named` are all arms of the task.
    """
    from recycling.ground import registry
    from recycling.merging.arms import Merger, in_order, keys
    from recycling.model.opening import open_base

    made_from = keys(unit, merges)
    these = parts.Parts(
        store, {arm: parts.Part(made_from[arm], outputs[arm]) for arm in outputs}, named
    )
    missing = in_order(merge for merge in merges if merge.arm in these.missing)
    merger = Merger(unit, these.for_all()(partial(open_base, model, unit.runtime)))
    # What a method imports is loaded before it is timed.
    for merge in missing:
        registry.load(merge.recipe.entry)
    for merge in missing:
        with these.making(merge.arm) as folder:
            merger.merge(merge, folder)
    these.deliver()
    for arm, file in seconds.items():
        these.write_seconds(arm, file)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.merging.arms import Unit, arm_merges
    from recycling.model.conduct import Conduct

    taken, params, made = snakemake.input, snakemake.params, dict(snakemake.output.items())
    of_unit = ("checksums", "modules", "runtime", "train", "valid", "task")
    seconds = dict(zip(params.recipes, made.pop("seconds"), strict=True))
    main(
        unit=Unit(
            **{name: Path(taken[name]) for name in of_unit},
            base_name=params.base_name,
            seed=params.seed,
            conduct=Conduct(**params.conduct),
        ),
        merges=arm_merges(
            params.recipes,
            params.code,
            dict(zip(params.drawing, taken.rankings, strict=True)),
            taken.shards,
            dict(zip(params.joined, taken.fresh, strict=True)),
            list(zip(params.folding, taken.stand_ins, strict=True)),
        ),
        model=taken.model,
        store=Path(params.store),
        named=params.named,
        outputs=dict(zip(params.recipes, zip(*made.values(), strict=True), strict=True)),
        seconds=seconds,
    )
