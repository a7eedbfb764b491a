"""Read matrices and columns of scores into one long table, with what is left out and why."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    files: dict[str, str],
    tasks: list[str],
    adapters: str | None,
    labelled: dict[str, Any],
    outcomes: dict[str, dict[str, Any]],
    methods: dict[str, dict[str, Any]],
    scores: str,
    dropped: str,
) -> None:
    """Rows of `scores`: measure, adapter (empty for a method or the base), task, score.

    A measure is `labelled`, an outcome, `base of <outcome>` or a method.
    """
    from pathlib import Path

    import pandas as pd

    from recycling.ground import tables
    from recycling.replay import matrices

    pool = Path(files[adapters]).read_text().split() if adapters else None
    parts, unused = [], []
    for measure, source in ({"labelled": labelled} | outcomes).items():
        read = matrices.restricted(
            matrices.read(files[source["file"]], tasks, source),
            pool,
            source["complete"],
        )
        long = read.scores.reset_index().melt("adapter", var_name="task", value_name="score")
        parts.append(long.assign(measure=measure))
        unused += [{"id": f"{measure}: {row.id}", "reason": row.reason} for row in read.dropped]
    columns = methods | {
        f"base of {name}": source["base"] for name, source in outcomes.items() if "base" in source
    }
    for measure, source in columns.items():
        options = {key: source[key] for key in ("column", "key", "names")}
        values = matrices.column(files[source["file"]], tasks, **options)
        long = pd.DataFrame({"adapter": "", "task": values.index, "score": values.to_numpy()})
        parts.append(long.assign(measure=measure))
        unused += [
            {"id": f"{measure}: task {task}", "reason": "no value in the file"}
            for task in tasks
            if task not in values.index
        ]
    long = pd.concat(parts)[["measure", "adapter", "task", "score"]].dropna()
    tables.write_parquet(long, scores)
    tables.write_table(unused, dropped, "dropped")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    names = ("tasks", "adapters", "labelled", "outcomes", "methods")
    main(
        files=dict(zip(snakemake.params.names, snakemake.input.files, strict=True)),
        **{name: snakemake.params[name] for name in names},
        scores=snakemake.output.scores,
        dropped=snakemake.output.dropped,
    )
