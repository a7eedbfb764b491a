"""Write the report of a study: one HTML file to read, browse and hand on."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(entry: str, files: dict[str, list[str]], about: dict[str, Any], report: str) -> None:
    """`entry` names the function of the kind of study, `files` and `about` what it takes."""
    from recycling.ground import registry, tables
    from recycling.report import page

    made = registry.load(entry)(files, about)
    with tables.replacing(report) as temporary:
        temporary.write_text(page.write(made))


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        entry=snakemake.params.entry,
        files={name: list(snakemake.input[name]) for name in snakemake.params.named},
        about=snakemake.params.about,
        report=snakemake.output.report,
    )
