"""Answer the test rows with every arm of one task and replicate; the base is loaded once."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    train: str,
    test: str,
    task: str,
    merged: dict[str, str],
    predictions: str,
    arms: dict[str, int],
    cap: int,
) -> None:
    """Write the predictions of every arm; an arm without merged weights is the bare base.

    `arms` says how many of the training rows the prompts of each arm show.
    """
    from dataclasses import asdict

    import pandas as pd

    from recycling.adapters import peft_folder, routed
    from recycling.ground import tables
    from recycling.model.opening import open_base
    from recycling.model.scoring import demonstrations, predict
    from recycling.tasks.record import read_examples, read_task

    base = open_base(model, runtime)
    instruction = read_task(task).instruction
    examples = read_examples(test)
    labelled = read_examples(train)
    linears = set(base.linears)
    rows = []
    for arm, count in arms.items():
        weights = Path(merged[arm]) if arm in merged else None
        if weights and weights.name == routed.WEIGHTS:
            worn = routed.read(weights.parent)
        else:
            worn = peft_folder.read_peft(weights.parent, arm, linears) if weights else None
        with base.wearing(worn):
            shown = demonstrations(labelled, count)
            what = f"{arm}: test rows"
            answered = predict(base, instruction, examples, cap, shown=shown, what=what)
        rows += [{"arm": arm, **asdict(row)} for row in answered]
    tables.write_parquet(pd.DataFrame(rows), predictions)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        train=snakemake.input.train,
        test=snakemake.input.test,
        task=snakemake.input.task,
        merged=dict(zip(snakemake.params.merged_arms, snakemake.input.weights, strict=True)),
        predictions=snakemake.output.predictions,
        arms=snakemake.params.arms,
        cap=snakemake.params.cap,
    )
