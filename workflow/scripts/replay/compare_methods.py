"""Average published methods over tasks and compare them task by task."""

from typing import TYPE_CHECKING

from recycling.ground import runlog
from recycling.plan.study.replay import Column, MethodContrast

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    scores: str,
    methods: dict[str, Column],
    pairs: list[MethodContrast],
    draws: int,
    seed: int,
    means: str,
    contrasts: str,
) -> None:
    """`means` takes each method's mean over tasks, `contrasts` the differences of the pairs."""
    from recycling.ground import seeds, tables
    from recycling.replay import comparison

    cells = tables.read_parquet(scores)
    by_task = {name: cells[cells["measure"] == name].set_index("task")["score"] for name in methods}
    generator = seeds.numpy_generator(seed, "methods over tasks")
    tables.write_table(
        comparison.means(by_task, methods, draws, generator)[[*tables.columns("methods")]],
        means,
        "methods",
    )
    tables.write_table(
        comparison.differences(by_task, pairs, draws, generator), contrasts, "method_contrasts"
    )


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        scores=snakemake.input.scores,
        methods={
            name: Column.model_validate(keys) for name, keys in snakemake.params.methods.items()
        },
        pairs=[MethodContrast.model_validate(keys) for keys in snakemake.params.pairs],
        draws=snakemake.params.draws,
        seed=snakemake.params.seed,
        means=snakemake.output.methods,
        contrasts=snakemake.output.contrasts,
    )
