"""Choose device and number format of the study, and test the base."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(model: str, template: str, wanted: dict[str, str], runtime: str, about: str) -> None:
    """Write how the base is run, each `auto` of `wanted` replaced, and what is known of it."""
    from dataclasses import asdict

    from recycling.ground import tables
    from recycling.model.about import examine, lines
    from recycling.model.runtime import choose

    chosen = choose(Path(model), wanted["device"], wanted["dtype"])
    found = examine(Path(model), **chosen)
    for line in lines(found):
        print(line, flush=True)
    known = asdict(found) | {"template": tables.read_json(template)}
    tables.write_json(known, about)
    tables.write_json(chosen | {"attention": found.attention}, runtime)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        template=snakemake.input.template,
        wanted=snakemake.params.wanted,
        runtime=snakemake.output.runtime,
        about=snakemake.output.about,
    )
