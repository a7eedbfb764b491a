"""Write what the study found: the verdict in sentences, the results as a Markdown table."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    tables: dict[str, str],
    tasks: list[str],
    asked: dict[str, dict[str, int]],
    verdict: str,
    results: str,
    about: dict[str, Any],
) -> None:
    """`tables` are paths by schema; `about` has the fields of `verdict.page.About` but the rows.

    `tasks` are the records of each target in each of its units, `asked` its rows as the study file
    says them.
    """
    from recycling.ground.tables import read_table, replacing
    from recycling.tasks import rows_used
    from recycling.tasks.record import read_task
    from recycling.verdict import page
    from recycling.verdict.results import caption, table

    records = [read_task(path) for path in tasks]
    rows = {
        task: rows_used.told([of.counts for of in records if of.name == task], sizes)
        for task, sizes in asked.items()
    }
    read = page.Tables(**{name: read_table(path, name) for name, path in tables.items()})
    with replacing(results) as temporary:
        shown = table(read.summary, read.contrasts, read.cost)
        temporary.write_text(f"{shown}\n\n{caption(read.summary)}\n")
    with replacing(verdict) as temporary:
        temporary.write_text(page.write(read, page.About(**about, rows=rows)))


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    tables = dict(snakemake.input.items())
    main(
        tasks=tables.pop("tasks"),
        tables=tables,
        asked=snakemake.params.asked,
        verdict=snakemake.output.verdict,
        results=snakemake.output.results,
        about=snakemake.params.about,
    )
