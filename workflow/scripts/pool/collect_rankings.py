"""Put all rankings of a study into one table."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(rankings: list[str], cells: list[tuple[str, str, str, str]], selection: str) -> None:
    """`cells` holds selector, subpool, task and replicate of each ranking."""
    from recycling.ground import tables

    rows = []
    for path, (selector, subpool, task, replicate) in zip(rankings, cells, strict=True):
        for row in tables.read_table(path, "ranking").to_dict("records"):
            rows.append(
                {
                    "adapter": row["adapter"],
                    "task": task,
                    "replicate": replicate,
                    "selector": selector,
                    "subpool": subpool,
                    "score": row["score"],
                    "position": row["position"],
                }
            )
    tables.write_table(rows, selection, "selection")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        rankings=list(snakemake.input.rankings),
        cells=snakemake.params.cells,
        selection=snakemake.output.selection,
    )
