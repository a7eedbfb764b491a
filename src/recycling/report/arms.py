"""The arms of a merging study: a line that says what each is, and the table of their results."""

import pandas as pd
from markupsafe import Markup

from recycling.merging import METHODS
from recycling.plan.study.merging import Arm
from recycling.report import cells
from recycling.report.cells import Cell
from recycling.statistics.metrics import METRICS
from recycling.verdict.contrasts import AGAINST_FRESH
from recycling.verdict.pairings import Arms, role
from recycling.verdict.results import caption
from recycling.verdict.summary import ALL

BOUNDS = ["difference", "low", "high"]


def what(arm: Arm) -> str:
    """What an arm is, in one line."""
    kind = role(arm)
    if kind == "base":
        return "The base model without any adapter."
    if kind == "in_context":
        rows = "as many labelled rows as fit"
        if arm.demonstrations != "all":
            rows = f"{arm.demonstrations} labelled rows"
        near = " that are nearest to the question" if arm.nearest else ""
        return f"The base model; its prompt shows {rows}{near}."
    if kind == "calibrated":
        return "The base model, its choice among candidates corrected by the labelled rows."
    if kind == "fresh":
        return "The fresh LoRA: trained on the labelled rows of the target alone."
    if kind == "variant":
        how = f"by the recipe {arm.fresh}"
        if not arm.fresh:
            how = f"by {arm.merge.method}, which takes nothing of the pool but the adapters' shapes"
        return f"A LoRA trained on the labelled rows otherwise, {how}."
    merged = "" if arm.merge.method == "none" else f", merged by {METHODS[arm.merge.method].name}"
    if kind == "recalibrated":
        return f"The fresh LoRA alone, with coefficients{merged}: a control without a pool."
    number = {"all": "All adapters", 1: "One adapter"}.get(arm.k or 1, f"{arm.k} adapters")
    chosen = f"{number} of the pool, chosen by {arm.select}"
    if arm.worsened:
        chosen += f" of the target's relatives, {arm.worsened.share:.0%} of them replaced by "
        chosen += f"{arm.worsened.by.replace('_', '-')} ones"
    elif arm.part != "all":
        chosen += f" among {arm.part}"
    if kind == "twins":
        chosen = f"Random twins ({arm.twin}) of: {chosen[0].lower()}{chosen[1:]}"
    joined = "; with the fresh LoRA" if arm.fresh else ""
    bound = " The choice saw the test rows: an upper bound." if kind == "oracle" else ""
    return f"{chosen}{joined}{merged}.{bound}"


def table(arms: Arms, summary: pd.DataFrame, contrasts: pd.DataFrame, cost: pd.DataFrame) -> Markup:
    """One row per arm: what it is, means over tasks, the difference to fresh, seconds."""
    overall = summary[summary["task"] == ALL].set_index(["arm", "metric"])
    exact = (contrasts["metric"] == "exact_match") & (contrasts["task"] == ALL)
    fresh = contrasts[exact & contrasts["question"].isin(AGAINST_FRESH)].set_index("arm")
    seconds = cost.set_index("arm")["seconds"]
    margin = fresh["margin"].dropna()
    on = cells.scale(fresh["low"], fresh["high"], margin.iloc[0] if len(margin) else None)
    rows = []
    for arm, recipe in arms.items():
        row = [cells.name(arm), Cell(what(recipe))]
        row += [
            cells.share(*overall.loc[(arm, metric), ["mean", "low", "high"]]) for metric in METRICS
        ]
        if arm in fresh.index:
            value, low, high = fresh.loc[arm, BOUNDS]
            row.append(cells.difference(value, low, high, on))
        else:
            row.append(Cell(""))
        rows.append([*row, cells.number(seconds[arm], "{:.0f}")])
    heads = ["arm", "what it is", *(METRICS[metric].label for metric in METRICS)]
    heads += ["exact match minus fresh", "seconds"]
    return cells.table(heads, rows, caption(summary))
