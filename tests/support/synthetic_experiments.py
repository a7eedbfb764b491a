"""Made-up arms of every experiment with known rates, as the workflow hands them to a function."""

import numpy as np
import pandas as pd

from recycling.plan.study.merging import Primary, Statistics
from recycling.verdict import summary
from recycling.verdict.contrasts import records
from recycling.verdict.experiments.evidence import Evidence

AVERAGE = {"method": "average"}
LEARNED = {"method": "learned", "init": "zero"}
CONTINUED = {"method": "continued"}
SUBSPACE = {"method": "subspace"}
FROM_FRESH = {"method": "learned", "init": "target"}
TUNE = {"learning_rate": [0.1, 0.2], "steps": [4, 8], "folds": 2}
LESS = {"steps": [4, 8], "folds": 2}
POOL = [f"owner--adapter-{letter}" for letter in "abcdef"]


def _arm(pool: str = "none", fresh: str | bool = False, **more: object) -> dict:
    return {"pool": pool, "fresh": fresh, "merge": {"method": "none"}, **more}


def _real(k: object = 3, select: str = "evaluation", **more: object) -> dict:
    return _arm("real", k=k, select=select, **{"merge": LEARNED, **more})


BASE, FRESH = _arm(), _arm(fresh="fresh")
WITH = {"fresh": "fresh", "merge": FROM_FRESH}
# Experiment -> arm -> recipe and rate of right answers.
ARMS = {
    "merging_methods": {
        "fresh": (FRESH, 0.6),
        "average": (_real(merge={"method": "average"}), 0.3),
        "ties": (_real(merge={"method": "ties"}), 0.3),
        "learned": (_real(), 0.6),
        "one": (_real(1), 0.6),
    },
    "gain_against_k": {
        "fresh": (FRESH, 0.6),
        **{f"k{k}": (_real(k), rate) for k, rate in ((5, 0.5), (1, 0.3), ("all", 0.6))},
        **{f"with_k{k}": (_real(k, **WITH), 0.6) for k in (1, 5)},
    },
    "real_against_twins": {
        "real": (_real(), 0.6),
        "real_with": (_real(**WITH), 0.7),
        **{
            f"{twin}_{name}": ({**recipe, "pool": "twins", "twin": twin}, rate)
            for name, recipe, rate in (("alone", _real(), 0.2), ("with", _real(**WITH), 0.7))
            for twin in ("norm", "spectrum")
        },
    },
    "recalibration_ladder": {
        "fresh": (FRESH, 0.6),
        "scalar": (_arm(fresh="fresh", merge={**FROM_FRESH, "granularity": "adapter"}), 0.6),
        "module": (_arm(fresh="fresh", merge=FROM_FRESH), 0.6),
        "partners": (_real(**WITH), 0.6),
    },
    "selectors": {
        "random": (_real(select="random"), 0.3),
        "evaluation": (_real(), 0.6),
        "cosine": (_real(select="cosine"), 0.3),
        "oracle": (_real(select="oracle"), 0.7),
        **{f"only_{i}": (_real(1, "random", among=POOL[i]), 0.1 + i / 8) for i in range(6)},
    },
    "relevance_dial": {
        "fresh": (FRESH, 0.6),
        "rescaled": (_arm(fresh="fresh", merge=FROM_FRESH), 0.6),
        **{
            f"alone_{kin}_{k}": (_real(k, "random", kin=kin), rate)
            for k in (1, 5)
            for kin, rate in (("same", 0.7), ("sibling", 0.5), ("unrelated", 0.2))
        },
        **{
            f"joined_{kin}_{k}": (_real(k, "random", kin=kin, **WITH), 0.6)
            for k in (1, 5)
            for kin in ("same", "sibling", "unrelated")
        },
    },
    "low_data": {"fresh": (FRESH, 0.4), "joined": (_real(**WITH), 0.6)},
    "design_ablation": {
        "usual": (_real(), 0.5),
        "layer": (_real(merge={**LEARNED, "granularity": "layer"}), 0.5),
        "softmax": (_real(merge={**LEARNED, "activation": "softmax"}), 0.1),
    },
    "single_adapters": {
        "base": (BASE, 0.1),
        **{f"only_{i}": (_real(1, "random", among=POOL[i]), 0.5) for i in range(6)},
    },
    "warm_start": {
        "fresh": (FRESH, 0.5),
        "best": (_real(1, merge=CONTINUED), 0.8),
        "twin": (_real(1, merge=CONTINUED) | {"pool": "twins", "twin": "norm"}, 0.5),
        "random": (_real(1, "random", merge=CONTINUED), 0.8),
        "average": (_real(3, merge=CONTINUED), 0.3),
        "merged": (_real(), 0.3),
    },
    "stated_rank": {
        "whole": (_real(merge={"method": "average"}), 0.5),
        "at_16": (_real(merge={"method": "average", "export_rank": 16}), 0.5),
        "at_1": (_real(merge={"method": "average", "export_rank": 1}), 0.1),
    },
    "compress_then_merge": {
        "cut_to_4": (_real(merge={"method": "average", "export_rank": 4}), 0.4),
        "cut_to_1": (_real(merge={"method": "average", "export_rank": 1}), 0.3),
        "first_to_4": (_real(merge={"method": "average", "compress_rank": 4}), 0.7),
        "first_to_1": (_real(merge={"method": "average", "compress_rank": 1}), 0.3),
        "ties_to_1": (_real(merge={"method": "ties", "compress_rank": 1}), 0.9),
    },
    "routing": {
        "average": (_real("all", merge={"method": "average"}), 0.4),
        "arrow": (_real("all", merge={"method": "arrow"}), 0.4),
        "logo": (_real("all", merge={"method": "logo"}), 0.7),
        "twins": (
            _real("all", merge={"method": "logo"}) | {"pool": "twins", "twin": "norm"},
            0.1,
        ),
        "others": (_real(3, merge={"method": "average"}), 0.9),
    },
    "pool_subspace": {
        "fresh": (FRESH, 0.6),
        "whole": (_real("all", "random", merge=SUBSPACE), 0.6),
        "random": (_real("all", "random", merge={**SUBSPACE, "directions": "random"}), 0.6),
        "base": (_real("all", "random", merge={**SUBSPACE, "directions": "base"}), 0.2),
        "chosen": (_real(3, merge=SUBSPACE), 0.4),
    },
    "labelled_rows": {
        "base": (BASE, 0.1),
        "fresh": (FRESH, 0.5),
        "tuned": (_arm(fresh="tuned"), 0.5),
        "recycled": (_real(), 0.5),
        "twins": (_real() | {"pool": "twins", "twin": "norm"}, 0.3),
    },
    "tuned_alike": {
        "fresh": (FRESH, 0.5),
        "rescaled": (_arm(fresh="fresh", merge=FROM_FRESH), 0.5),
        "rescaled_tuned": (_arm(fresh="fresh", merge={**FROM_FRESH, "tune": TUNE}), 0.5),
        "tuned": (_arm(fresh="tuned"), 0.7),
        "other_recipe": (_arm(fresh="other"), 0.3),
        "merged": (_real(), 0.3),
        "merged_tuned": (_real(merge={**LEARNED, "tune": TUNE}), 0.7),
        "joined_tuned": (_real(**{**WITH, "merge": {**FROM_FRESH, "tune": TUNE}}), 0.9),
        "little_tuned": (_real(merge={**LEARNED, "tune": LESS}), 0.7),
    },
    "worse_pools": {
        "base": (BASE, 0.3),
        "chosen": (_real(2, worsened={"by": "negated", "share": 0}), 0.7),
        "average": (_real(2, "random", worsened={"by": "negated", "share": 0}, merge=AVERAGE), 0.6),
        **{
            f"{by}_{name}": (_real(2, select, worsened={"by": by, "share": 1}, merge=merge), rate)
            for by, rates in {
                "negated": (0.3, 0.1),
                "unrelated": (0.5, 0.3),
                "label_shuffled": (0.4, 0.3),
            }.items()
            for name, select, merge, rate in (
                ("chosen", "evaluation", LEARNED, rates[0]),
                ("average", "random", AVERAGE, rates[1]),
            )
        },
    },
    "without_training": {
        "base": (BASE, 0.1),
        "fresh": (FRESH, 0.7),
        "shown": (_arm(demonstrations=8), 0.3),
        "nearest": (_arm(demonstrations="all", nearest=True), 0.7),
        "calibrated": (_arm(calibrated=True), 0.1),
    },
}
REFERENCES = {"stated_rank": "whole", "design_ablation": "usual"}
TRIED = {"rescaled_tuned": 4, "tuned": 4, "merged_tuned": 4, "joined_tuned": 4, "little_tuned": 2}
# Target -> what it is called in a study where the others are fewer rows of it, and its rows.
LABELLED = {
    f"{task}_{number}": (task, number) for number in (10, 40, 160) for task in ("plural", "capital")
}
# Number of rows -> what the rate of an arm is more there.
BY_ROWS = {"recycled": {10: 0.3, 160: -0.3}}
PRIMARY = {
    "relevance_dial": [
        ("alone_same_1", "alone_unrelated_1"),
        ("joined_same_1", "joined_unrelated_1"),
        ("joined_same_1", "rescaled"),
    ]
}
TARGETS = ["plural", "capital", "few_plurals"]
REPLICATES = ["0", "1", "2", "3", "4"]
STATISTICS = Statistics(margin=0.1, resamples=1000)


def evidence(name: str, n: int = 60) -> Evidence:
    """What the function of an experiment sees: five replicates of three targets."""
    arms = records({arm: recipe for arm, (recipe, _) in ARMS[name].items()})
    primary = [Primary(arm=arm, reference=other) for arm, other in PRIMARY.get(name, [])]
    statistics = STATISTICS.model_copy(update={"primary": primary})
    rng = np.random.default_rng(len(name))
    examples, merged = [], []
    targets = [*LABELLED] if name == "labelled_rows" else TARGETS
    for place, task in enumerate(targets):
        for replicate in REPLICATES:
            hard = rng.random(n)
            for arm, (recipe, rate) in ARMS[name].items():
                shift = 0.15 * (place - 1) * (name == "single_adapters")
                if name == "labelled_rows":
                    shift = BY_ROWS.get(arm, {}).get(LABELLED[task][1], 0) / 2
                right = 0.8 * hard + 0.2 * rng.random(n) < rate + 2 * shift
                cell = {"arm": arm, "task": task, "replicate": replicate}
                examples.append(
                    pd.DataFrame(
                        {
                            **cell,
                            "example": [f"{task}-{i}" for i in range(n)],
                            "exact_match": right.astype(float),
                            "choice_accuracy": (right | (hard < 0.3)).astype(float),
                            "nll": 1.0 - right,
                            "valid_format": 1.0,
                        }
                    )
                )
                if recipe["pool"] != "none":
                    size = len(POOL) if recipe["k"] == "all" else recipe["k"]
                    first = POOL.index(recipe["among"]) if arm.startswith("only") else 0
                    merged += [{**cell, "adapter": one} for one in POOL[first : first + size]]
    rankings = [
        {"selector": selector, "task": task, "replicate": replicate, "adapter": one, "score": score}
        for selector in {arm.select: None for arm in arms.values() if arm.select is not None}
        for task in targets
        for replicate in REPLICATES
        for one, score in zip(
            POOL, range(6) if selector == "evaluation" else rng.random(6), strict=True
        )
    ]
    return Evidence(
        name=name,
        arms=arms,
        reference=REFERENCES.get(name, ""),
        few=["few_plurals"],
        answers=summary.answered(
            pd.concat(examples, ignore_index=True), list(arms), targets, statistics
        ),
        statistics=statistics,
        seed=1,
        rankings=pd.DataFrame(rankings),
        merged=pd.DataFrame(merged, columns=["arm", "task", "replicate", "adapter"]),
        tried={arm: count for arm, count in TRIED.items() if arm in arms},
        labelled=LABELLED if name == "labelled_rows" else {},
    )
