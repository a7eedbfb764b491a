"""Train every expert of one scene and replicate on its base."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog
from recycling.plan.study.composition import ExpertRecipe

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    folder: Path,
    setting: str,
    experts: list[str],
    recipe: ExpertRecipe,
    entry: str,
    material: dict[str, Any],
    seed: int,
) -> None:
    """Write `{expert}.safetensors` of each, in the canonical format, all from one start of `a`.

    `runtime` is empty for a base that the study has trained itself.
    """
    from recycling.adapters import canonical
    from recycling.adapters.canonical import Adapter
    from recycling.ground import registry
    from recycling.model import lora, scratch, training
    from recycling.model.opening import open_base
    from recycling.model.recipe import Recipe

    base = open_base(model, runtime)
    subject = registry.load(entry)(seed, **material)
    asked = Recipe(recipe.steps, recipe.learning_rate, recipe.batch_size, evaluate_every=100)
    # Chats share their beginning, which a tree reads once; texts of an own base share nothing.
    objective = training.loss if runtime else scratch.Padded()
    folder.mkdir(parents=True, exist_ok=True)  # also for a scene without experts
    for expert in experts:
        print(f"expert {expert}", flush=True)
        rows = subject.lessons(setting, expert)
        # One seed for all: averaging factors only makes sense from a common start.
        factors, _ = lora.train(
            base,
            "",
            rows,
            [],
            asked,
            seed,
            rank=recipe.rank,
            alpha=recipe.alpha,
            objective=objective,
        )
        scale = lora.scaling(recipe.rank, recipe.alpha)
        modules = {name: part.scaled(scale) for name, part in factors.items()}
        canonical.write(Adapter(expert, modules), folder / f"{expert}.safetensors")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        folder=Path(snakemake.output.folder),
        setting=snakemake.params.setting,
        experts=snakemake.params.experts,
        recipe=ExpertRecipe.model_validate(snakemake.params.recipe),
        entry=snakemake.params.entry,
        material=snakemake.params.material,
        seed=snakemake.params.seed,
    )
