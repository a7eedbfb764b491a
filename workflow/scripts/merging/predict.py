"""Answer the test rows with every arm of one task and replicate; the base is loaded once."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import parts, runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.merging.recipe import Asking


def main(
    model: str,
    checksums: str,
    runtime: str,
    train: str,
    valid: str,
    test: str,
    task: str,
    merged: dict[str, str],
    predictions: str,
    arms: dict[str, "Asking"],
    cap: int,
    code: str,
    store: Path,
) -> None:
    """Write the predictions of every arm; an arm without merged weights is the bare base.

    `arms` says how each arm is asked. Answers that are in `store` are taken over where all that
    they are made from is what it was.
    """
    import pandas as pd

    from recycling.ground import tables
    from recycling.merging import answers
    from recycling.model.opening import identity, open_base

    asked = answers.questions(task, test, train, valid, cap)
    made_from = answers.keys(asked, identity(checksums, runtime), arms, merged, code)
    these = parts.Parts(store, {arm: parts.Part(key) for arm, key in made_from.items()})
    base = open_base(model, runtime) if these.missing else None
    for arm in these.missing:
        with these.making(arm) as folder:
            answers.answer(base, asked, arm, merged.get(arm), arms[arm], folder)
    rows = [row for arm in arms for row in answers.rows(arm, these.path(arm))]
    tables.write_parquet(pd.DataFrame(rows), predictions)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.merging.recipe import Asking

    main(
        model=snakemake.input.model,
        checksums=snakemake.input.checksums,
        runtime=snakemake.input.runtime,
        train=snakemake.input.train,
        valid=snakemake.input.valid,
        test=snakemake.input.test,
        task=snakemake.input.task,
        merged=dict(zip(snakemake.params.merged_arms, snakemake.input.weights, strict=True)),
        predictions=snakemake.output.predictions,
        arms={arm: Asking(**how) for arm, how in snakemake.params.arms.items()},
        cap=snakemake.params.cap,
        code=snakemake.params.code,
        store=Path(snakemake.params.store),
    )
