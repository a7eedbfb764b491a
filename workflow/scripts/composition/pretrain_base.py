"""Train a small base from random weights on its pre-training rows."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog
from recycling.plan.study.composition import Pretraining, Shape

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    curve: str,
    base: str,
    shape: Shape,
    recipe: Pretraining,
    entry: str,
    material: dict[str, Any],
    seed: int,
) -> None:
    """Write the model with its tokenizer, and the training curve."""
    from recycling.ground import registry, seeds, tables
    from recycling.model import scratch
    from recycling.model.recipe import Recipe, curve_rows

    subject = registry.load(entry)(seed, **material)
    own = seeds.derive(seed, "base", base)
    created = scratch.create(subject.words, shape.width, shape.layers, own)
    asked = Recipe(
        recipe.steps, recipe.learning_rate, recipe.batch_size, weight_decay=0.05, evaluate_every=100
    )
    fit = scratch.pretrain(created, subject.pretraining(base), asked, own)
    scratch.save(created, model)
    tables.write_table(curve_rows(fit.curve), curve, "curve")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.output.model,
        curve=snakemake.output.curve,
        base=snakemake.wildcards.base,
        shape=Shape.model_validate(snakemake.params.shape),
        recipe=Pretraining.model_validate(snakemake.params.recipe),
        entry=snakemake.params.entry,
        material=snakemake.params.material,
        seed=snakemake.params.seed,
    )
