"""Put the adapters that several jobs trained side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(trained: list[str], adapters: list[Path]) -> None:
    """Fill each folder of `adapters` from the folder of its name in one of `trained`."""
    from recycling.ground import parts

    found = {folder.name: folder for place in trained for folder in Path(place).iterdir()}
    for folder in adapters:
        for file in sorted(found[folder.name].iterdir()):
            parts.link(file, folder / file.name)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        trained=list(snakemake.input.trained),
        adapters=[Path(config).parent for config in snakemake.output.configs],
    )
