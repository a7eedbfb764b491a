"""Choose options of the fresh LoRA by cross-validation; the validation rows are not an input."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.plan.study.recipes import TuneFresh


def main(
    model: str,
    runtime: str,
    train: str,
    task: str,
    tuning: str,
    choice: str,
    seconds: str,
    recipe: dict[str, Any],
    tune: "TuneFresh",
    seed: int,
    conduct: dict[str, Any],
) -> None:
    """Write what was tried, and of it what was chosen, with the tokens of all that was tried."""
    from recycling.ground import tables
    from recycling.ground.seconds import timed
    from recycling.model import fresh
    from recycling.model.conduct import Conduct
    from recycling.model.opening import open_base
    from recycling.model.recipe import LoraRecipe, chosen, tried_rows
    from recycling.model.tuning import folds_within
    from recycling.tasks.record import read_examples, read_task

    about = read_task(task)
    base = open_base(model, runtime)
    with timed(seconds):
        tried = fresh.tuned(
            base,
            about.instruction,
            folds_within(read_examples(train), about.counts.valid, tune.folds),
            LoraRecipe(**recipe),
            tune.grid,
            seed,
            Conduct(**conduct),
        )
    tables.write_table(tried_rows(tried), tuning, "tried")
    tokens = sum(one.tokens for one in tried)
    tables.write_json({"chosen": dict(chosen(tried)), "tokens": tokens}, choice)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.plan.study.recipes import TuneFresh

    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        train=snakemake.input.train,
        task=snakemake.input.task,
        tuning=snakemake.output.tuning,
        choice=snakemake.output.choice,
        seconds=snakemake.output.seconds,
        recipe=snakemake.params.recipe,
        tune=TuneFresh.model_validate(snakemake.params.tune),
        seed=snakemake.params.seed,
        conduct=snakemake.params.conduct,
    )
