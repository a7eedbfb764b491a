"""Merge the adapters of one arm for one task and replicate; the test rows are not an input."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    files: dict[str, Any],
    folder: Path,
    arm: str,
    recipe: dict[str, Any],
    base_name: str,
    seed: int,
    conduct: dict[str, Any],
) -> None:
    """Write the merged adapter as a PEFT folder, its card, record, coefficients and curve."""
    from recycling import registry, seeds, tables
    from recycling.adapters import card, export, twins
    from recycling.adapters.format import Adapter
    from recycling.merging import METHODS
    from recycling.merging.problem import Problem, open_base
    from recycling.pool import licences, selected
    from recycling.protocol import Conduct
    from recycling.tasks.record import read_examples

    chosen = selected.first(files["ranking"], files["shards"], recipe["k"]) if "k" in recipe else []
    if recipe["pool"] == "twins":
        chosen = twins.draw(recipe["twin"], chosen, seed)
    if recipe["fresh"]:
        modules = tables.read_table(files["modules"], "modules")["module"]
        chosen = [export.read_peft(Path(files["fresh"]).parent, "fresh", set(modules)), *chosen]
    task = tables.read_json(files["task"])
    problem = Problem(
        adapters=chosen,
        fresh=bool(recipe["fresh"]),
        instruction=task["instruction"],
        train=read_examples(files["train"]),
        valid=read_examples(files["valid"]),
        seed=seeds.derive(seed, "merge"),
        open_base=lambda: open_base(files["model"], files["runtime"]),
        conduct=Conduct(**conduct),
    )
    method = recipe["merge"]["method"]
    options = {key: value for key, value in recipe["merge"].items() if key != "method"}
    merged = registry.load(METHODS[method])(problem, **options)
    record = merged.record(arm, method, chosen)
    data = hashlib.sha256(Path(files["train"]).read_bytes() + Path(files["valid"]).read_bytes())
    means = merged.coefficient_means(chosen)
    others = [source for source in record["sources"] if source["repo"]]
    stated = [source["licence"] for source in others]
    title = licences.title(base_name, stated, f"{arm} for {task['name']}")
    texts = {
        "README.md": card.render(
            title,
            licences.strictest(stated),
            base_name,
            task["name"],
            data.hexdigest(),
            record,
            means,
        ),
        "NOTICE": licences.notice(base_name, title, others),
    }
    export.write_peft(Adapter(arm, merged.modules), folder, base_name)
    for file, text in texts.items():
        with tables.replacing(folder / file) as temporary:
            temporary.write_text(text)
    tables.write_json(record, folder / "merge.json")
    tables.write_table(merged.coefficient_table(), folder / "coefficients.tsv", "coefficients")
    tables.write_table(merged.curve_table(), folder / "curve.tsv", "curve")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        files=dict(snakemake.input.items()),
        folder=Path(snakemake.output.record).parent,
        arm=snakemake.wildcards.arm,
        recipe=snakemake.params.recipe,
        base_name=snakemake.params.base_name,
        seed=snakemake.params.seed,
        conduct=snakemake.params.conduct,
    )
