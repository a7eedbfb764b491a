"""Train every expert of one scene and replicate on its base."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str, folder: Path, scene: dict[str, Any], entry: str, settings: dict[str, Any], seed: int
) -> None:
    """Write `{expert}.safetensors` of each, in the canonical format, all from one start of `a`."""
    from recycling.adapters import canonical
    from recycling.adapters.canonical import Adapter
    from recycling.ground import registry
    from recycling.model import base as bases
    from recycling.model import lora, scratch, training
    from recycling.model.recipe import Recipe

    base = bases.load(model, "cpu", "float32")
    subject = registry.load(entry)(seed, **settings["material"])
    asked = settings["lora"]
    recipe = Recipe(asked["steps"], asked["learning_rate"], asked["batch_size"], evaluate_every=100)
    # Chats share their beginning, which a tree reads once; texts of an own base share nothing.
    objective = scratch.Padded() if "pretraining" in settings else training.loss
    folder.mkdir(parents=True, exist_ok=True)  # also for a scene without experts
    for expert in scene["experts"]:
        print(f"expert {expert}", flush=True)
        rows = subject.lessons(scene["setting"], expert)
        # One seed for all: averaging factors only makes sense from a common start.
        factors, _ = lora.train(
            base,
            "",
            rows,
            [],
            recipe,
            seed,
            rank=asked["rank"],
            alpha=asked["alpha"],
            objective=objective,
        )
        scale = lora.scaling(asked["rank"], asked["alpha"])
        modules = {name: part.scaled(scale) for name, part in factors.items()}
        canonical.write(Adapter(expert, modules), folder / f"{expert}.safetensors")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        folder=Path(snakemake.output.folder),
        scene=snakemake.params.scene,
        entry=snakemake.params.entry,
        settings=snakemake.params.settings,
        seed=snakemake.params.seed,
    )
