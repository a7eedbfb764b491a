"""Copy or fetch one published file, and check its digest."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(local: str | None, url: str, sha256: str, file: str) -> None:
    """Without `local` the file comes from the url."""
    from recycling.replay import files

    files.obtain(Path(file), local=local, url=url, sha256=sha256)
    print(f"{file}: from {local or url}")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        local=snakemake.input.get("local") or None,
        url=snakemake.params.url,
        sha256=snakemake.params.sha256,
        file=snakemake.output.file,
    )
