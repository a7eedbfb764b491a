"""Put the questions that judge to the experts under one rule."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    files: dict[str, Any],
    answers: str,
    rule: str,
    recipe: dict[str, Any],
    cap: int,
    choosing: int,
    seed: int,
) -> None:
    """One row for each form and chain; the oracle of hops is asked for steps alone."""
    import pandas as pd

    from recycling import composition
    from recycling.composition import asking
    from recycling.composition.rules import turns
    from recycling.ground import tables
    from recycling.model.opening import open_base
    from recycling.pool import first_k
    from recycling.preconditions import chains
    from recycling.preconditions.shares import EXPERTS

    base = open_base(files["model"], files["runtime"])
    found = chains.read(files["questions"])
    _, judging = found.split(choosing, seed)
    experts = {
        adapter.name: adapter for adapter in first_k.first(files["experts"], files["shards"], "all")
    }
    own = {name: [hop] for name, hop in zip(experts, chains.HOPS, strict=False)}
    subject = chains.subject(found, judging, cap, own)
    asked = subject.questions("")
    if recipe["method"] in composition.ORACLES:
        asked = {"chain": asked["chain"]}
    worn = turns(EXPERTS, experts, [*experts], recipe, subject, asked, base, seed)
    rows = [
        {"library": EXPERTS, "rule": rule, **row} for row in asking.ask(base, subject, asked, worn)
    ]
    tables.write_parquet(pd.DataFrame(rows), answers)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        files=dict(snakemake.input.items()),
        answers=snakemake.output.answers,
        rule=snakemake.wildcards.rule,
        recipe=snakemake.params.recipe,
        cap=snakemake.params.cap,
        choosing=snakemake.params.choosing,
        seed=snakemake.params.seed,
    )
