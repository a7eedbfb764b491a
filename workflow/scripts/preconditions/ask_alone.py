"""Ask the bare base, or each accepted adapter of one shard, the questions of a file."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    questions: str,
    accepted: str | None,
    shard: str | None,
    answers: str,
    cap: int,
) -> None:
    """Write a row for each adapter, form and chain; without a shard those of the base."""
    import pandas as pd

    from recycling.adapters import canonical
    from recycling.composition import asking
    from recycling.ground import tables
    from recycling.model.opening import open_base
    from recycling.pool.shards import adapter_files
    from recycling.preconditions import chains

    base = open_base(model, runtime)
    found = chains.read(questions)
    subject = chains.subject(found, {chain.id for chain in found.chains}, cap, {})
    asked = subject.questions("")
    worn: dict[str, canonical.Adapter | None] = {"base": None}
    if accepted and shard:
        names = set(tables.read_table(accepted, "accepted")["adapter"])
        files = adapter_files([shard])
        worn = {name: canonical.read(files[name]) for name in files if name in names}
    rows = []
    for library, adapter in worn.items():
        print(library, flush=True)
        cell = {"library": library, "rule": "alone" if adapter else "none"}
        said = asking.ask(base, subject, asked, {form: [adapter] for form in asked})
        rows += [{**cell, **row} for row in said]
    tables.write_parquet(pd.DataFrame(rows), answers)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        questions=snakemake.input.questions,
        accepted=snakemake.input.get("accepted"),
        shard=snakemake.input.get("shard"),
        answers=snakemake.output.answers,
        cap=snakemake.params.cap,
    )
