"""Fetch the pinned base model and list its linear modules."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(source: dict[str, Any], model: str, modules: str) -> None:
    """Save the base of `source` below `model` and its modules as a table."""
    from recycling.ground import registry, tables
    from recycling.model import BASE_SOURCES, fetch

    options = {key: value for key, value in source.items() if key != "kind"}
    folder = Path(model)
    registry.load(BASE_SOURCES[source["kind"]])(folder, **options)
    tables.write_table(fetch.modules(folder), modules, "modules")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        source=snakemake.params.source,
        model=snakemake.output.model,
        modules=snakemake.output.modules,
    )
