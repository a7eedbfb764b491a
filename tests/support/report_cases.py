"""Reports of finished runs: those whose tables are kept in `results/reference/`."""

import shutil
from pathlib import Path

import apportion_variance
import map_transfer
import measure_optimism
import measure_reliability
import pandas as pd
import plot_figure
import report_reference
import studies
from report_reference import study_of
from toy.base import build

from recycling.ground import tables
from recycling.plan.study.merging import MergingStudy
from recycling.plan.wiring import built_in
from recycling.plan.work import analyses, optimism, transfer, verdict
from recycling.plan.work.merging import worn_arms
from recycling.plan.work.units import units
from recycling.verdict import FIGURES

REFERENCE = studies.ROOT / "results" / "reference"


def copied(name, folder: Path):
    """A copy of the reference of a study; one that merges has answers and analyses too."""
    results = folder / name
    shutil.copytree(REFERENCE / name, results)
    study = study_of(name)
    if isinstance(study, MergingStudy):
        build(results / "base/model")
        answer(study, results)
        analyse(study, results)
    return results


def right(arm, example, examples):
    """The fresh LoRA is right everywhere, adapters alone at every second row, the others never."""
    return arm == "fresh" or (arm == "adaptive" and examples.index(example) % 2 == 1)


def answer(study, results: Path, said=" Asia", examples=("Osaka", "Accra")):
    """Answers of every arm to some rows of each unit, which are not kept in a reference."""
    scored = []
    sources = [{"name": "one--adapter", "twin_of": ""}]
    number = len(examples)
    counts = {"items": number, "train": 0, "valid": 0, "test": number, "dropped": 0}
    for task, replicate in units(study):
        rows = [
            {
                "arm": arm,
                "example": example,
                "input": example,
                "answers": ["Asia"],
                "choices": ["Asia", "Africa"],
                "output": said if right(arm, example, examples) else "Africa",
                "finished": True,
                "answer_nll": 0.5,
                "answer_tokens": 2,
                "choice_nll": [0.5, 1.25],
                "choice_tokens": [2, 2],
            }
            for arm in study.arms
            for example in examples
        ]
        tables.write_parquet(
            pd.DataFrame(rows), results / f"predictions/{task}/{replicate}.parquet"
        )
        place = results / f"tasks/{task}/{replicate}/task.json"
        told = {"name": task, "instruction": "Where?", "labels": None, "source": {}}
        tables.write_json({**told, "counts": counts}, place)
        for arm in worn_arms(study, task):
            place = results / f"merged/{arm}/{task}/{replicate}/merge.json"
            tables.write_json({"sources": sources}, place)
        for row in rows:
            scores = {
                "exact_match": float(right(row["arm"], row["example"], examples)),
                "choice_accuracy": 1.0,
                "nll": 0.25 + examples.index(row["example"]),
                "valid_format": 1.0,
            }
            key = {"arm": row["arm"], "task": task, "replicate": replicate}
            scored.append({**key, "example": row["example"], **scores})
    tables.write_parquet(pd.DataFrame(scored), results / "tables/examples.parquet")


def analyse(study, results: Path):
    """The analyses of these answers, as the reference may be older than they are."""
    arms, chosen = verdict.main_arms(study), verdict.main_units(study)
    names = ("reliability", "reliability_curve", "variance", "optimism", "transfer")
    names += ("transfer_correlations",)
    file = {name: str(results / f"tables/{name}.tsv") for name in names}
    measure_reliability.main(
        [str(results / f"predictions/{task}/{number}.parquet") for task, number in chosen],
        [*map(tuple, chosen)],
        file["reliability"],
        file["reliability_curve"],
        arms,
        study.statistics.tasks,
    )
    apportion_variance.main(
        str(results / "tables/examples.parquet"),
        file["variance"],
        arms,
        verdict.main_targets(study),
        study.statistics,
        study.seed,
    )
    measure_optimism.main(
        str(results / "tables/selection.tsv"),
        str(results / "tables/scores.tsv"),
        file["optimism"],
        optimism.judged(study),
        study.statistics.tasks,
    )
    map_transfer.main(
        str(results / "tables/selection.tsv"),
        str(results / "tables/scores.tsv"),
        str(results / "pool/accepted.tsv"),
        published=[],
        coefficients=[],
        cells=[],
        transfer=file["transfer"],
        correlations=file["transfer_correlations"],
        measures=transfer.measures(study),
        base=transfer.base_arm(study),
        kin={},
        resamples=100,
        seed=study.seed,
    )
    shown = {
        "reliability": {
            "reliability": file["reliability"],
            "curve": file["reliability_curve"],
            "arms": built_in(analyses.deciding_arms(study)),
        },
        "variance": {"variance": file["variance"]},
        "optimism": {"optimism": file["optimism"]},
        "transfer": {
            "transfer": file["transfer"],
            "correlations": file["transfer_correlations"],
        },
    }
    for name, inputs in shown.items():
        svg = results / f"figures/{name}.svg"
        plot_figure.main(FIGURES[name].entry, inputs, str(svg), str(svg.with_suffix(".png")))


def made(name, results: Path):
    """The report of a study from its files, as one page."""
    return report_reference.written(study_of(name), results)
