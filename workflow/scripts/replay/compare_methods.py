"""Average published methods over tasks and compare them task by task."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    scores: str,
    methods: dict[str, dict[str, Any]],
    pairs: list[dict[str, Any]],
    draws: int,
    seed: int,
    means: str,
    contrasts: str,
) -> None:

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
        methods=snakemake.params.methods,
        pairs=snakemake.params.contrasts,
        draws=snakemake.params.draws,
        seed=snakemake.params.seed,
        means=snakemake.output.methods,
        contrasts=snakemake.output.contrasts,
    )
