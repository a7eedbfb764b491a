"""Merge each library by each rule, and ask it the questions of one scene and replicate."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling.ground import runlog
from recycling.plan.study.composition import Rule, SceneRecipe

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    folder: Path,
    answers: str,
    weights: str,
    scene: str,
    replicate: str,
    recipe: SceneRecipe,
    entry: str,
    material: dict[str, Any],
    seed: int,
) -> None:
    """Write a row for each library, rule and question; the rule of a single expert is `alone`.

    `runtime` is empty for a base that the study has trained itself. `weights` takes the rows of
    `routing_weights.expert_weights`.
    """
    import pandas as pd

    from recycling.adapters import canonical
    from recycling.composition import asking, routing_weights
    from recycling.composition.rules import turns
    from recycling.ground import registry, tables
    from recycling.model.opening import open_base

    base, subject = open_base(model, runtime), registry.load(entry)(seed, **material)
    questions = subject.questions(recipe.setting)
    experts = {name: canonical.read(folder / f"{name}.safetensors") for name in recipe.experts}
    said: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []

    def put(library: str, rule: str, worn: Mapping[str, Sequence[asking.Worn]]) -> None:
        print(f"{library}, {rule}", flush=True)
        cell = {"scene": scene, "replicate": replicate, "library": library, "rule": rule}
        said.extend({**cell, **row} for row in asking.ask(base, subject, questions, worn))
        weighed = routing_weights.expert_weights(base, subject, questions, worn)
        seen.extend({**cell, **asdict(row)} for row in weighed)

    put("base", "none", {form: [None] for form in questions})
    for library, members in recipe.libraries.items():
        rules = recipe.rules if len(members) > 1 else {"alone": Rule(method="none")}
        for name, rule in rules.items():
            worn = turns(library, experts, members, rule, subject, questions, base, seed)
            put(library, name, worn)
    tables.write_parquet(pd.DataFrame(said), answers)
    found = (field.name for field in fields(routing_weights.ExpertWeight))
    columns = ["scene", "replicate", "library", "rule", *found]
    tables.write_parquet(pd.DataFrame(seen, columns=columns), weights)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        folder=Path(snakemake.input.folder),
        answers=snakemake.output.answers,
        weights=snakemake.output.weights,
        scene=snakemake.wildcards.scene,
        replicate=snakemake.wildcards.replicate,
        recipe=SceneRecipe.model_validate(snakemake.params.recipe),
        entry=snakemake.params.entry,
        material=snakemake.params.material,
        seed=snakemake.params.seed,
    )
