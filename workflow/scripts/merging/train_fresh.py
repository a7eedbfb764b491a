"""Train the fresh LoRA of a target task on its labelled rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    train: str,
    valid: str,
    task: str,
    choice: list[str],
    folder: Path,
    seconds: str,
    base_name: str,
    recipe: dict[str, Any],
    seed: int,
    conduct: dict[str, Any],
    fold: tuple[int, int] | None,
) -> None:
    """Write the PEFT folder of the best step, the training curve and the tokens it took.

    With `fold` (which, of how many) the rows of that fold are left out. `choice` has the file with
    what was tuned of the recipe, if anything was. The curve is that of the first LoRA where several
    are averaged; the log has those of all. `seconds` takes what the training took.
    """
    from recycling.adapters import peft_folder
    from recycling.adapters.canonical import Adapter
    from recycling.ground import tables
    from recycling.ground.seconds import timed
    from recycling.model import fresh
    from recycling.model.conduct import Conduct
    from recycling.model.opening import open_base
    from recycling.model.recipe import LoraRecipe, curve_rows
    from recycling.tasks.record import read_examples
    from recycling.tasks.splits import without_fold

    how = LoraRecipe(**recipe | (tables.read_json(choice[0])["chosen"] if choice else {}))
    base = open_base(model, runtime)
    with timed(seconds):
        factors, fits = fresh.train(
            base,
            tables.read_json(task)["instruction"],
            without_fold(read_examples(train), *fold) if fold else read_examples(train),
            read_examples(valid),
            how,
            seed,
            Conduct(**conduct),
        )
    peft_folder.write_peft(
        Adapter("fresh", factors), folder, base_name, alpha=how.alpha, rslora=how.rslora
    )
    tables.write_table(curve_rows(fits[0].curve), folder / "curve.tsv", "curve")
    tables.write_json({"tokens": sum(fit.tokens for fit in fits)}, folder / "training.json")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        train=snakemake.input.train,
        valid=snakemake.input.valid,
        task=snakemake.input.task,
        choice=list(snakemake.input.choice),
        folder=Path(snakemake.output.config).parent,
        seconds=snakemake.output.seconds,
        base_name=snakemake.params.base_name,
        recipe=snakemake.params.recipe,
        seed=snakemake.params.seed,
        conduct=snakemake.params.conduct,
        fold=snakemake.params.fold,
    )
