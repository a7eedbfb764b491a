"""What the report of a study is made from, for every kind of study."""

from typing import Any

from recycling.plan.study.composition import CompositionStudy
from recycling.plan.study.file import Study
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.preconditions import PreconditionsStudy
from recycling.plan.study.replay import ReplayStudy
from recycling.plan.wiring import built_in
from recycling.plan.work import (
    composition_tables,
    experiments,
    merging,
    optimism,
    preconditions,
    replay,
    shown,
    transfer,
    verdict,
)
from recycling.plan.work.drawing import Drawing
from recycling.plan.work.units import units

POOL = {
    "accepted": ["<results>/pool/accepted.tsv"],
    "rejected": ["<results>/pool/rejected.tsv"],
}
Captions = list[tuple[str, str | None]]


def files(study: Study) -> dict[str, list[str]]:
    """What the report is made from, by what it is, beside the record of the run."""
    drawn = [drawing.file for drawing in _drawings(study)]
    if isinstance(study, MergingStudy):
        read = ("summary", "contrasts", "design", "cost", "reliability", "variance")
        told = ["<results>/experiments.md"] if experiments.experiments(study) else []
        return {
            **{name: [f"<results>/tables/{name}.tsv"] for name in read},
            "optimism": ["<results>/tables/optimism.tsv"] if optimism.judged(study) else [],
            "transfer": ["<results>/tables/transfer_correlations.tsv"] * transfer.known(study),
            "figures": drawn,
            "experiments": told,
            "model": ["<results>/base/model"],
            "examples": ["<results>/tables/examples.parquet"],
            "predictions": merging.predictions(study),
            "tasks": [f"<results>/tasks/{task}/{run}/task.json" for task, run in units(study)],
            "records": [f"<results>/merged/{'/'.join(where)}/merge.json" for where in _worn(study)],
            **POOL,
        }
    return {
        "page": [f"<results>/tables/{_page(study)}.md"],
        "figures": drawn,
        "tables": [f"<results>/tables/{name}.tsv" for name in _tables(study)],
        **(POOL if isinstance(study, PreconditionsStudy) else {"accepted": [], "rejected": []}),
    }


def about(study: Study) -> dict[str, Any]:
    """What the report must know beside its files."""
    known: dict[str, Any] = {"kind": study.kind, "study": study.study, "figures": _figures(study)}
    if isinstance(study, MergingStudy):
        known |= {
            "arms": verdict.main_arms(study),
            "folds": study.folds,
            "answering": list(study.arms),
            "units": units(study),
            "wearers": _worn(study),
        }
    else:
        schemas = _tables(study)
        known |= {"tables": list(schemas), "schemas": schemas}
    found: dict[str, Any] = built_in(known)
    return found


def _worn(study: MergingStudy) -> list[tuple[str, str, str]]:
    """Arm, task and replicate of each merge that is worn."""
    return [
        (arm, task, replicate)
        for task, replicate in units(study)
        for arm in merging.worn_arms(study, task)
    ]


def _drawings(study: Study) -> list[Drawing]:
    if isinstance(study, MergingStudy):
        return shown.drawings(study)
    if isinstance(study, CompositionStudy):
        return composition_tables.drawings(study)
    if isinstance(study, ReplayStudy):
        return replay.drawings(study)
    return preconditions.drawings(study)


def _figures(study: Study) -> Captions:
    """Each figure with the name of its caption; an experiment has its claim instead of one."""
    return [
        (drawing.name, drawing.caption if drawing.about is None else None)
        for drawing in _drawings(study)
    ]


def _page(study: Study) -> str:
    """The page in words of a study that merges nothing."""
    return "results" if isinstance(study, ReplayStudy) else study.kind


def _tables(study: Study) -> dict[str, str]:
    """The tables of a study that merges nothing, each with the name of its schema."""
    if isinstance(study, ReplayStudy):
        return {"quality": "quality", "methods": "methods", "method_contrasts": "method_contrasts"}
    if not isinstance(study, CompositionStudy):
        return {"preconditions": "preconditions"}
    found = {"claims": "claims"} if composition_tables.claimed(study) else {}
    for name in composition_tables.tables(study):
        if name == "theory":
            found[name] = "theory"
            continue
        found[name] = "composition"
        found[f"{name}_contrasts"] = "composition_contrasts"
        found[f"{name}_gates"] = "composition_gates"
    return found
