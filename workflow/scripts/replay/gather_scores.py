"""Read matrices and columns of scores into one long table; list what is left out, and why."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog
from recycling.plan.study.replay import Column, Matrix

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    files: dict[str, str],
    tasks: list[str],
    adapters: str | None,
    labelled: Matrix,
    outcomes: dict[str, Matrix],
    methods: dict[str, Column],
    scores: str,
    dropped: str,
) -> None:
    """Rows of `scores`: measure, adapter (empty for a method or the base), task, score.

    A measure is `labelled`, an outcome, `base of <outcome>` or a method. `files` has the path of
    each published file by its name in the study.
    """
    import pandas as pd

    from recycling.ground import tables
    from recycling.replay import matrices

    pool = Path(files[adapters]).read_text().split() if adapters else None
    parts, unused = [], []
    for measure, matrix in ({"labelled": labelled} | outcomes).items():
        whole = matrices.read(files[matrix.file], tasks, matrix)
        read = matrices.restricted(whole, pool, matrix.complete)
        long = read.scores.reset_index().melt("adapter", var_name="task", value_name="score")
        parts.append(long.assign(measure=measure))
        unused += [{"id": f"{measure}: {row.id}", "reason": row.reason} for row in read.dropped]
    bases = {
        f"base of {name}": matrix.base
        for name, matrix in outcomes.items()
        if matrix.base is not None
    }
    for measure, column in (methods | bases).items():
        values = matrices.column(
            files[column.file], tasks, column=column.column, key=column.key, names=column.names
        )
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
    asked = snakemake.params
    main(
        files={Path(path).name: path for path in snakemake.input.files},
        tasks=asked.tasks,
        adapters=asked.adapters,
        labelled=Matrix.model_validate(asked.labelled),
        outcomes={name: Matrix.model_validate(keys) for name, keys in asked.outcomes.items()},
        methods={name: Column.model_validate(keys) for name, keys in asked.methods.items()},
        scores=snakemake.output.scores,
        dropped=snakemake.output.dropped,
    )
