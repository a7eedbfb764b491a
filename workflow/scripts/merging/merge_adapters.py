"""Merge the adapters of each arm of a task and replicate; the test rows are not an input."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import parts, runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.merging.arms import Unit
    from recycling.merging.sources import ArmMerge


def main(
    unit: "Unit",
    merges: list["ArmMerge"],
    code: dict[str, str],
    model: str,
    store: Path,
    named: list[str],
    staying: list[str],
    passing: list[str],
    seconds: dict[str, str],
) -> None:
    """Make the merges that are not in `store` yet, and write the outputs and seconds of each arm.

    `code` is the digest of the code of each merge, `named` are all arms of the task. The outputs
    are what is `staying`, and what is `passing`, which goes when it has been worn.
    """
    from recycling.ground import registry
    from recycling.merging.arms import Merger, as_parts, in_order, keys, remove_others
    from recycling.model.opening import open_base

    made_from = keys(unit, merges, code)
    these = parts.Parts(store, as_parts(made_from, staying, passing), named)
    missing = in_order(merge for merge in merges if merge.arm in these.missing)
    merger = Merger(unit, these.for_all()(partial(open_base, model, unit.runtime)))
    # What a method imports is loaded before it is timed.
    for merge in missing:
        registry.load(merge.recipe.entry)
    for merge in missing:
        with these.making(merge.arm) as folder:
            merger.merge(merge, folder)
    these.deliver()
    remove_others([*staying, *passing])
    for arm, file in seconds.items():
        these.write_seconds(arm, file)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.merging.arms import Unit
    from recycling.merging.sources import arm_merges
    from recycling.model.conduct import Conduct

    taken, params, made = snakemake.input, snakemake.params, snakemake.output
    of_unit = ("checksums", "modules", "runtime", "train", "valid", "task")
    main(
        unit=Unit(
            **{name: Path(taken[name]) for name in of_unit},
            base_name=params.base_name,
            seed=params.seed,
            conduct=Conduct(**params.conduct),
        ),
        merges=arm_merges(taken, params),
        code=params.code,
        model=taken.model,
        store=Path(params.store),
        named=params.named,
        staying=made.staying,
        passing=made.passing,
        seconds=dict(zip(params.recipes, made.seconds, strict=True)),
    )
