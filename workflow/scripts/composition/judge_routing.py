"""Make the table of routing from the stored weights of routed experts."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(weights: list[str], routing: str) -> None:
    """Mean weights with intervals, by place and layer."""
    import pandas as pd

    from recycling.composition import results
    from recycling.ground import tables

    watched = pd.concat(map(tables.read_parquet, weights), ignore_index=True)
    tables.write_table(results.routing(watched), routing, "routing")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        weights=snakemake.input.weights,
        routing=snakemake.output.routing,
    )
