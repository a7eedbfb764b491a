"""From judged answers to tables: shares with intervals, chance, and paired tests; no torch.

A measure is a form of question (`chain`: right to the last step), `{form}_steps` (the steps before
the last right, the bridge of two hops) or `{form}_choice` (the right answer the likeliest of N
candidates, where chance is exactly 1/N).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from recycling.ground import tables
from recycling.statistics import estimates
from recycling.statistics.answers import Answers, collect

CELL = ["scene", "library", "rule"]
REFERENCE = "uniform"
# Rules that are compared with another one than the reference, in the same library.
CONTROLS = [("arrow", "arrow_random"), ("uniform", "twins")]
GATE = 0.98
# Measures of word problems, whose baseline is the share of the commonest answer, and their names.
LEVELS = {f"level{level}": f"level {level}" for level in (1, 2, 3)}
LISTS = {"mixed": "both lists", "words_a": "list A", "words_b": "list B"}


def read(paths: Iterable[str]) -> pd.DataFrame:
    """The measures of all stored answers."""
    return measures(pd.concat(map(tables.read_parquet, paths), ignore_index=True))


def measures(answers: pd.DataFrame) -> pd.DataFrame:
    """One row for each answer and measure: `right` 0 or 1, `chance` where it is exact."""
    keys = [*CELL, "replicate", "form", "example", "answer", "said"]
    parts = []
    for column, suffix in (("right", ""), ("steps_right", "_steps"), ("choice_right", "_choice")):
        rows = answers[answers[column].notna()]
        part = rows[keys].assign(
            measure=rows["form"] + suffix,
            right=rows[column].astype(float),
            chance=1 / rows["choices"] if suffix == "_choice" else float("nan"),
        )
        if suffix:
            part["said"] = pd.NA
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def answered(measured: pd.DataFrame) -> dict[tuple[str, str], Answers]:
    """Scene and measure -> the answers of the arms `library|rule`."""
    found = {}
    for (scene, measure), part in measured.groupby(["scene", "measure"], sort=False):
        frame = part.assign(
            arm=part["library"] + "|" + part["rule"], task=scene, share=part["right"]
        )
        arms = [str(arm) for arm in frame["arm"].unique()]
        found[scene, measure] = collect(frame, arms, {"share": True}, "fixed")
    return found


def shares(measured: pd.DataFrame) -> pd.DataFrame:
    """The table `composition`: each measure of each library and rule.

    Intervals are Student's t over replicates; `p` is the exact two-sided binomial test
    against chance, corrected by Holm over all cells of a scene and measure. `shuffled` is the exact
    expected share of right answers if the tested answers were dealt out anew, `majority` the share
    of the commonest answer.
    """
    rows = []
    answers = answered(measured)
    for (scene, measure), part in measured.groupby(["scene", "measure"], sort=False):
        for (library, rule), own in part.groupby(["library", "rule"], sort=False):
            found = answers[scene, measure].mean(f"{library}|{rule}", "share")
            right, n = int(own["right"].sum()), len(own)
            chance = own["chance"].mean()
            rows.append(
                {
                    "scene": scene,
                    "library": library,
                    "rule": rule,
                    "measure": measure,
                    "n": n,
                    "replicates": own["replicate"].nunique(),
                    "right": right,
                    "share": right / n,
                    "low": found.low,
                    "high": found.high,
                    "chance": chance,
                    "p": binomtest(right, n, chance).pvalue if chance == chance else None,
                    "majority": _majority(own),
                    "shuffled": _shuffled(own),
                }
            )
    table = pd.DataFrame(rows)
    table["p_holm"] = None
    for _, part in table[table["p"].notna()].groupby(["scene", "measure"]):
        table.loc[part.index, "p_holm"] = estimates.holm(part["p"].astype(float).tolist())
    return table


def contrasts(measured: pd.DataFrame) -> pd.DataFrame:
    """The table `composition_contrasts`: rules of one library by McNemar's exact test.

    Only the answers that one of the two has right and the other wrong count. Holm's correction is
    over all comparisons of a scene and measure.
    """
    table = pd.DataFrame(_pairs(measured))
    if not table.empty:
        for _, part in table.groupby(["scene", "measure"]):
            table.loc[part.index, "p_holm"] = estimates.holm(part["p"].tolist())
    return table


def gates(measured: pd.DataFrame, own: Callable[[str], list[str]]) -> pd.DataFrame:
    """The table `composition_gates`: whether each expert alone knows what it was trained on.

    `own` gives the measures of an expert; below 0.98 in some replicate nothing that is read of its
    libraries speaks of composition.
    """
    alone = measured[measured["rule"] == "alone"]
    rows = []
    for (scene, expert, measure), part in alone.groupby(
        ["scene", "library", "measure"], sort=False
    ):
        if measure in own(expert):
            lowest = part.groupby("replicate")["right"].mean().min()
            rows.append(
                {
                    "scene": scene,
                    "expert": expert,
                    "measure": measure,
                    "n": len(part),
                    "share": part["right"].mean(),
                    "lowest": lowest,
                    "passed": bool(lowest >= GATE),
                }
            )
    return pd.DataFrame(rows)


def failed(
    judged: pd.DataFrame, scenes: Collection[str], libraries: Mapping[str, Sequence[str]]
) -> set[tuple[str, str]]:
    """Scenes and libraries with an expert that misses a gate; each expert is a library too."""
    missed = judged[~judged["passed"].astype(bool)]
    found = set(zip(missed["scene"], missed["expert"], strict=True))
    return found | {
        (scene, library)
        for scene in scenes
        for library, members in libraries.items()
        if any((scene, expert) in found for expert in members)
    }


def routing(watched: pd.DataFrame) -> pd.DataFrame:
    """The table `routing`: the weight of each expert at each place, by layer.

    Intervals are Student's t over replicates; `largest` is the share of tokens and
    modules in which no expert has more weight.
    """
    keys = ["form", "place", "role", "layer", "expert"]
    rows = []
    for cell, part in watched.groupby(CELL, sort=False):
        for key, own in part.groupby(keys, sort=True):
            frame = own.assign(arm="", task=cell[0])
            answers = collect(frame, [""], {"weight": False, "largest": False}, "fixed")
            weight = answers.mean("", "weight")
            rows.append(
                {
                    **dict(zip([*CELL, *keys], [*cell, *key], strict=True)),
                    "n": answers.n,
                    "replicates": answers.replicates,
                    "weight": weight.value,
                    "low": weight.low,
                    "high": weight.high,
                    "largest": answers.mean("", "largest").value,
                }
            )
    return pd.DataFrame(rows, columns=[*tables.columns("routing")])


def _pairs(measured: pd.DataFrame) -> Iterator[dict[str, object]]:
    for (scene, library, measure), part in measured.groupby(
        ["scene", "library", "measure"], sort=False
    ):
        wide = part.pivot(index=["replicate", "example"], columns="rule", values="right")
        pairs = [(rule, REFERENCE) for rule in wide if rule != REFERENCE] + CONTROLS
        for rule, reference in dict.fromkeys(pairs):
            if rule in wide and reference in wide:
                first, second = wide[rule], wide[reference]
                gained = int((first > second).sum())
                lost = int((first < second).sum())
                yield {
                    "scene": scene,
                    "library": library,
                    "measure": measure,
                    "rule": rule,
                    "reference": reference,
                    "n": len(wide),
                    "difference": float((first - second).mean()),
                    "only_rule": gained,
                    "only_reference": lost,
                    "p": binomtest(gained, gained + lost).pvalue if gained + lost else 1.0,
                }


def _majority(rows: pd.DataFrame) -> float:
    return float(rows["answer"].value_counts(normalize=True).iloc[0])


def _shuffled(rows: pd.DataFrame) -> float | None:
    if rows["said"].isna().all():
        return None
    dealt = []
    for _, part in rows.groupby("replicate"):
        right = Counter(part["answer"])
        dealt.append(np.mean([right[said] / len(part) for said in part["said"]]))
    return float(sum(dealt) / len(dealt))
