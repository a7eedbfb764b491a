"""Put the adapters that several jobs trained side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(trained: list[str], adapters: Path) -> None:
    """Put the folder of each adapter in one of `trained` below `adapters`."""
    from recycling.ground import parts

    for place in map(Path, trained):
        for file in sorted(place.glob("*/*")):
            parts.link(file, adapters / file.relative_to(place))


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        trained=list(snakemake.input.trained),
        adapters=Path(snakemake.output.adapters),
    )
