"""What a merging study shows: its figures and all that it is run for."""

from collections.abc import Mapping
from typing import Any

from recycling.ground import registry
from recycling.merging import METHODS
from recycling.plan.study.merging import MergingStudy
from recycling.plan.wiring import built_in
from recycling.plan.work import analyses, selection, transfer
from recycling.plan.work.drawing import Drawing
from recycling.plan.work.experiments import experiments
from recycling.plan.work.optimism import judged
from recycling.plan.work.units import replicates
from recycling.plan.work.verdict import (
    Cell,
    curve_files,
    curves,
    main_arms,
    main_targets,
    tunings,
)
from recycling.verdict import FIGURES
from recycling.verdict.experiments import EXPERIMENTS

# the map of coefficients


def heat_map_arms(study: MergingStudy) -> list[str]:
    """The arms of which one has its coefficients drawn, those with most adapters first.

    They have a coefficient for each part and are no twins.
    """
    learned = {
        name: arm
        for name, arm in main_arms(study).items()
        if METHODS[arm.merge.method].per_part and arm.pool != "twins"
    }
    return sorted(learned, key=lambda name: -learned[name].adapter_count)


def heat_map_cells(study: MergingStudy) -> list[Cell]:
    """The first replicate, or its first fold, of these arms on each target."""
    first = replicates(study)[0]
    return [Cell(arm, task, first) for arm in heat_map_arms(study) for task in main_targets(study)]


def heat_map_files(study: MergingStudy) -> list[str]:
    """The coefficients of each."""
    return [
        f"<results>/merged/{arm}/{task}/{replicate}/coefficients.tsv"
        for arm, task, replicate in heat_map_cells(study)
    ]


# figures


def figures(study: MergingStudy) -> list[str]:
    """The figures of the main comparison, without those that the study has nothing for."""
    left_out = set() if heat_map_arms(study) else {"coefficients"}
    left_out |= set() if judged(study) else {"optimism"}
    left_out |= set() if transfer.known(study) else {"transfer"}
    related = bool(selection.related_targets(study))
    left_out |= set() if related else {"relatives"}
    left_out |= set() if related and transfer.weighing(study) else {"weights"}
    return [name for name in FIGURES if name not in left_out]


def drawings(study: MergingStudy) -> list[Drawing]:
    """The figures of the main comparison and of each experiment."""
    special = _special_files(study)
    return [
        *(_drawing(study, name, special) for name in figures(study)),
        *(_experiment(name) for name in experiments(study)),
    ]


def _drawing(study: MergingStudy, name: str, special: Mapping[str, str | list[str]]) -> Drawing:
    row, settings = FIGURES[name], _settings(study, name)
    inputs = {
        argument: special.get(argument, f"<results>/tables/{argument}.tsv")
        for argument in registry.options(row.entry)
        if argument not in settings
    }
    return Drawing(name, row.entry, inputs, row.category, row.label, name, settings)


def _special_files(study: MergingStudy) -> dict[str, str | list[str]]:
    """Argument of a figure -> what it reads, where that is no table of the argument's name."""
    return {
        "accepted": "<results>/pool/accepted.tsv",
        "rejected": "<results>/pool/rejected.tsv",
        "curve": "<results>/tables/reliability_curve.tsv",
        "correlations": "<results>/tables/transfer_correlations.tsv",
        "coefficients": heat_map_files(study),
        "curves": curve_files(study),
    }


def _settings(study: MergingStudy, figure: str) -> dict[str, Any]:
    """The arguments of a figure that are no files."""
    match figure:
        case "accuracy" | "accuracy_by_task" | "differences" | "cost":
            return {"arms": built_in(main_arms(study))}
        case "reliability":
            return {"arms": built_in(analyses.deciding_arms(study))}
        case "coefficients":
            return {"cells": built_in(heat_map_cells(study)), "base": study.base.name}
        case "curves":
            return {"cells": built_in(curves(study))}
        case _:
            return {}


def _experiment(name: str) -> Drawing:
    row = EXPERIMENTS[name]
    table = {"table": f"<results>/tables/{name}.tsv"}
    told = {"name": name}
    return Drawing(name, row.figure, table, "Experiments", name, "experiment", told, built_in(row))


# products


def products(study: MergingStudy) -> list[str]:
    """What the study is run for."""
    return [
        "<results>/verdict.md",
        "<results>/tables/results.md",
        "<results>/tables/selection.tsv",
        *(["<results>/tables/tuning.tsv"] if tunings(study) else []),
        *(drawing.file for drawing in drawings(study)),
        *(["<results>/experiments.md"] if experiments(study) else []),
    ]
