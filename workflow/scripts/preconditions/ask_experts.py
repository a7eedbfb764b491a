"""Ask one merge of the experts the questions that count for the verdict."""

from typing import TYPE_CHECKING

from recycling.ground import runlog
from recycling.plan.study.composition import Rule

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    questions: str,
    experts: str,
    shards: list[str],
    answers: str,
    name: str,
    rule: Rule,
    cap: int,
    choosing: int,
    seed: int,
) -> None:
    """Write a row for each form and chain; `hop_oracle` is only asked to answer by steps."""
    import pandas as pd

    from recycling import composition
    from recycling.composition import asking
    from recycling.composition.rules import turns
    from recycling.ground import tables
    from recycling.model.opening import open_base
    from recycling.pool import first_k
    from recycling.preconditions import chains
    from recycling.preconditions.shares import EXPERTS

    base = open_base(model, runtime)
    found = chains.read(questions)
    _, judging = found.split(choosing, seed)
    merged = {adapter.name: adapter for adapter in first_k.first(experts, shards, "all")}
    own = {expert: [hop] for expert, hop in zip(merged, chains.HOPS, strict=False)}
    subject = chains.subject(found, judging, cap, own)
    asked = subject.questions("")
    if rule.method in composition.ORACLES:
        asked = {"chain": asked["chain"]}
    worn = turns(EXPERTS, merged, [*merged], rule, subject, asked, base, seed)
    rows = [
        {"library": EXPERTS, "rule": name, **row} for row in asking.ask(base, subject, asked, worn)
    ]
    tables.write_parquet(pd.DataFrame(rows), answers)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        questions=snakemake.input.questions,
        experts=snakemake.input.experts,
        shards=snakemake.input.shards,
        answers=snakemake.output.answers,
        name=snakemake.wildcards.rule,
        rule=Rule.model_validate(snakemake.params.rule),
        cap=snakemake.params.cap,
        choosing=snakemake.params.choosing,
        seed=snakemake.params.seed,
    )
