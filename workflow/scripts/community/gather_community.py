"""Put the adapters that several jobs trained side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(trained: list[str], adapters: Path, negated: dict[str, str]) -> None:
    """Put the folder of each adapter in one of `trained` below `adapters`.

    Those in `negated` are not trained: they are the one that is named there, with the other sign.
    """
    from recycling.community import harmful
    from recycling.ground import parts, tables
    from recycling.pool.inspection import CONFIG, WEIGHTS

    # Snakemake puts a file of its own into a folder that is an output.
    found = {
        path.parent.name: path.parent for at in trained for path in Path(at).glob(f"*/{CONFIG}")
    }
    sources = found | {name: found[of] for name, of in negated.items()}
    for name, source in sources.items():
        for file in sorted(source.iterdir()):
            if name not in negated or file.name != WEIGHTS:
                parts.link(file, adapters / name / file.name)
        if name in negated:
            files = {part: (source / part).read_bytes() for part in (CONFIG, WEIGHTS)}
            with tables.replacing(adapters / name / WEIGHTS) as temporary:
                temporary.write_bytes(harmful.negated(files)[WEIGHTS])


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        trained=list(snakemake.input.trained),
        adapters=Path(snakemake.output.adapters),
        negated=snakemake.params.negated,
    )
