"""Put the questions of one scene and replicate to each library under each rule."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    folder: str,
    answers: str,
    names: dict[str, str],
    scene: dict[str, Any],
    entry: str,
    settings: dict[str, Any],
    seed: int,
) -> None:
    """One row for each library, rule and question; a library of one expert has the rule `alone`."""
    import pandas as pd

    from recycling import registry, tables
    from recycling.adapters import format
    from recycling.composition import asking
    from recycling.composition.rules import turns
    from recycling.model import base as bases

    base = bases.load(model, "cpu", "float32")
    subject = registry.load(entry)(seed, **settings["material"])
    questions = subject.questions(scene["setting"])
    experts = {
        expert: format.read(Path(folder, f"{expert}.safetensors")) for expert in scene["experts"]
    }
    bare = {form: [None] for form in questions}
    cells = [("base", "none", asking.ask(base, subject, questions, bare))]
    for library, members in scene["libraries"].items():
        rules = scene["rules"] if len(members) > 1 else {"alone": {"method": "none"}}
        for name, rule in rules.items():
            print(f"{library}, {name}", flush=True)
            worn = turns(library, experts, members, rule, subject, questions, base, seed)
            cells.append((library, name, asking.ask(base, subject, questions, worn)))
    rows = [
        {**names, "library": library, "rule": rule, **row}
        for library, rule, found in cells
        for row in found
    ]
    with tables.replacing(answers) as temporary:
        pd.DataFrame(rows).to_parquet(temporary, index=False)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        folder=snakemake.input.folder,
        answers=snakemake.output.answers,
        names=dict(snakemake.wildcards.items()),
        scene=snakemake.params.scene,
        entry=snakemake.params.entry,
        settings=snakemake.params.settings,
        seed=snakemake.params.seed,
    )
