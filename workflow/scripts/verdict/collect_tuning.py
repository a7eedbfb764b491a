"""List what was tried for each tuned arm."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(tried: list[str], cells: list[tuple[str, str, str]], tuning: str) -> None:
    """`cells` names the arm, the task and the replicate of each table of `tried`."""
    from recycling.ground import tables

    rows: list[dict[str, object]] = []
    for path, (arm, task, replicate) in zip(tried, cells, strict=True):
        of = {"arm": arm, "task": task, "replicate": replicate}
        rows += [of | row for row in tables.read_table(path, "tried").to_dict("records")]
    tables.write_table(rows, tuning, "tuning")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        tried=list(snakemake.input.tried),
        cells=snakemake.params.cells,
        tuning=snakemake.output.tuning,
    )
