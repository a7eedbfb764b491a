"""Answer the test rows with every arm of one task and replicate; the base is loaded once."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import parts, runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.merging.recipe import Asking
    from recycling.merging.sources import ArmMerge


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
    put_together: dict[str, "ArmMerge"],
    arms: dict[str, "Asking"],
    seed: int,
    cap: int,
    code: str,
    store: Path,
) -> None:
    """Write the predictions of every arm; an arm without merged weights is the bare base.

    `arms` says how each arm is asked; the weights of those in `put_together` are gates. Answers
    that are in `store` are taken over where all that they are made from is what it was.
    """
    import pandas as pd

    from recycling.ground import tables
    from recycling.merging import answers
    from recycling.merging.sources import Sources
    from recycling.model.opening import identity, open_base

    asked = answers.questions(task, test, train, valid, cap)
    made_from = answers.keys(asked, identity(checksums, runtime), arms, merged, code)
    these = parts.Parts(store, {arm: parts.Part(key) for arm, key in made_from.items()})
    base = open_base(model, runtime) if these.missing else None
    sources = Sources(set(base.linears) if base else (), seed)
    for arm in these.missing:
        of = partial(sources.of, put_together[arm]) if arm in put_together else list
        with these.making(arm) as folder:
            answers.answer(base, asked, arm, merged.get(arm), arms[arm], folder, of)
    rows = [row for arm in arms for row in answers.rows(arm, these.path(arm))]
    tables.write_parquet(pd.DataFrame(rows), predictions)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.merging.recipe import Asking
    from recycling.merging.sources import arm_merges

    taken, params = snakemake.input, snakemake.params
    of_unit = ("model", "checksums", "runtime", "train", "valid", "test", "task")
    main(
        **{name: taken[name] for name in of_unit},
        merged=dict(zip(params.merged_arms, taken.weights, strict=True)),
        predictions=snakemake.output.predictions,
        put_together={merge.arm: merge for merge in arm_merges(taken, params)},
        arms={arm: Asking(**how) for arm, how in params.arms.items()},
        seed=params.seed,
        cap=params.cap,
        code=params.code,
        store=Path(params.store),
    )
