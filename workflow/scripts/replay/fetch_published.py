"""Bring one published file to disk and check its digest."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(local: str | None, source: dict[str, str], file: str) -> None:
    """`source` holds url and sha256; without `local` the file comes from the url."""
    from recycling.replay import files

    files.obtain(Path(file), local=local, **source)
    print(f"{file}: from {local or source['url']}")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        local=snakemake.input.get("local") or None,
        source=snakemake.params.source,
        file=snakemake.output.file,
    )
