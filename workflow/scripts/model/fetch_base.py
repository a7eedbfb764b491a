"""Fetch the pinned base model, list its linear modules and settle its chat template."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    source: dict[str, Any],
    options: dict[str, bool | int | str],
    day: str | None,
    model: str,
    modules: str,
    template: str,
    checksums: str,
) -> None:
    """Save the base of `source` below `model`, with its modules and the checksums of its files."""
    from dataclasses import asdict
    from datetime import date

    from recycling.ground import parts, registry, tables
    from recycling.model import BASE_SOURCES, chat_template, fetch

    given = {key: value for key, value in source.items() if key != "kind"}
    folder = Path(model)
    registry.load(BASE_SOURCES[source["kind"]])(folder, **given)
    settled = chat_template.settle_in(folder, options, day or date.today().isoformat())
    tables.write_json(asdict(settled), template)
    tables.write_table(fetch.modules(folder), modules, "modules")
    tables.write_json(parts.digests(folder), checksums)
    for line in chat_template.lines(settled, chosen=day is not None):
        print(line, flush=True)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        source=snakemake.params.source,
        options=snakemake.params.options,
        day=snakemake.params.day,
        model=snakemake.output.model,
        modules=snakemake.output.modules,
        template=snakemake.output.template,
        checksums=snakemake.output.checksums,
    )
