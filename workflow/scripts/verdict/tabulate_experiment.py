"""Tabulate one experiment: its planned differences and statistics, with their tests."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

    from recycling.plan.study.merging import Arm, Statistics


def main(
    examples: str,
    rankings: list[str],
    ranked: list[tuple[str, str, str]],
    records: list[str],
    merged: list[tuple[str, str, str]],
    table: str,
    name: str,
    arms: dict[str, "Arm"],
    targets: list[str],
    few: list[str],
    tried: dict[str, int],
    labelled: dict[str, tuple[str, int]],
    reference: str,
    statistics: "Statistics",
    seed: int,
) -> None:
    """`ranked` has selector, task and replicate of each ranking, `merged` the arm instead."""
    import pandas as pd

    from recycling.ground import registry, tables
    from recycling.verdict import summary
    from recycling.verdict.experiments import EXPERIMENTS
    from recycling.verdict.experiments import evidence as experiment

    every = tables.read_parquet(examples)
    scores = [
        tables.read_table(path, "ranking").assign(selector=selector, task=task, replicate=number)
        for path, (selector, task, number) in zip(rankings, ranked, strict=True)
    ]
    sources = [
        {"arm": arm, "task": task, "replicate": number, "adapter": source["name"]}
        for path, (arm, task, number) in zip(records, merged, strict=True)
        for source in tables.read_json(path)["sources"][bool(arms[arm].fresh) :]
    ]
    seen = experiment.Evidence(
        name=name,
        arms=arms,
        reference=reference,
        few=few,
        answers=summary.answered(every, list(arms), targets, statistics),
        statistics=statistics,
        seed=seed,
        rankings=pd.concat(scores) if scores else pd.DataFrame(columns=["selector"]),
        merged=pd.DataFrame(sources, columns=["arm", "task", "replicate", "adapter"]),
        tried=tried,
        labelled=labelled,
    )
    findings = registry.load(EXPERIMENTS[name].entry)(seen)
    tables.write_table(experiment.table(findings, seen), table, "experiment")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    from recycling.plan.study.merging import Statistics
    from recycling.verdict import contrasts

    params = {key: value for key, value in snakemake.params.items() if key != "code"}
    params["arms"] = contrasts.records(params["arms"])
    params["statistics"] = Statistics.model_validate(params["statistics"])
    main(
        examples=snakemake.input.examples,
        rankings=list(snakemake.input.rankings),
        records=list(snakemake.input.records),
        table=snakemake.output.table,
        name=snakemake.wildcards.experiment,
        **params,
    )
