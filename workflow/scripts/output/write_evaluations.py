"""Write what every arm answered as lm-evaluation-harness writes it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    predictions: list[str],
    records: list[str],
    units: list[tuple[str, str]],
    evaluated: dict[str, dict[str, Any]],
    folder: str,
) -> None:
    """`units` has the task and replicate of each of `predictions` and of `records`.

    `evaluated` has the fields of `harness.Evaluated` but the instruction, by arm/task/replicate.
    """
    from importlib.metadata import version

    from recycling.ground import tables
    from recycling.model import prompt_text
    from recycling.output import harness
    from recycling.statistics import metrics
    from recycling.tasks.record import read_task

    prompt = prompt_text.writer(model)
    versions = {
        "transformers_version": version("transformers"),
        "lm_eval_version": "none: written by Recycle or Retrain in the layout of 0.4.13",
    }
    for (task, replicate), path, record in zip(units, predictions, records, strict=True):
        instruction = read_task(record).instruction
        for arm, rows in tables.read_parquet(path).groupby("arm", sort=False):
            where = f"{arm}/{task}/{replicate}"
            about = harness.Evaluated(instruction=instruction, **evaluated[where])
            answered = metrics.read(rows, f"{path}, arm {arm}")
            harness.write(Path(folder, where), about, answered, prompt, versions)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        predictions=list(snakemake.input.predictions),
        records=list(snakemake.input.records),
        units=snakemake.params.units,
        evaluated=snakemake.params.evaluated,
        folder=snakemake.output.folder,
    )
