"""Choose the device and the number format of the study."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(model: str, wanted: dict[str, str], runtime: str) -> None:
    """Write device and dtype; each `auto` of `wanted` is replaced by a choice."""
    from recycling.ground import tables
    from recycling.model.runtime import choose

    tables.write_json(choose(Path(model), wanted["device"], wanted["dtype"]), runtime)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        wanted=snakemake.params.wanted,
        runtime=snakemake.output.runtime,
    )
