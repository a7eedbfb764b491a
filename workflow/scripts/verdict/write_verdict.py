"""Write what the study found: the verdict in sentences, the results as a Markdown table."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(tables: dict[str, str], verdict: str, results: str, about: dict[str, Any]) -> None:
    """`tables` are paths by schema; `about` has the fields of `verdict.page.About`."""
    from recycling.ground.tables import read_table, replacing
    from recycling.verdict import page
    from recycling.verdict.results import caption, table

    read = page.Tables(**{name: read_table(path, name) for name, path in tables.items()})
    with replacing(results) as temporary:
        shown = table(read.summary, read.contrasts, read.cost)
        temporary.write_text(f"{shown}\n\n{caption(read.summary)}\n")
    with replacing(verdict) as temporary:
        temporary.write_text(page.write(read, page.About(**about)))


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        tables=dict(snakemake.input.items()),
        verdict=snakemake.output.verdict,
        results=snakemake.output.results,
        about=snakemake.params.about,
    )
