"""A made-up choice among equal adapters, with what luck and easier rows make of scores."""

import numpy as np
import pandas as pd

from recycling.ground import tables
from recycling.pool.judged import Judged

ADAPTERS, NOISE, EASIER = 5, 0.1, 0.3


def made(tasks=2, runs=60, seed=0):
    """Selection and scores of equal adapters: labelled rows are easier by 0.3, and noisy by 0.1."""
    rng = np.random.default_rng(seed)
    ranked, scores = [], []
    for task in range(tasks):
        for run in range(runs):
            at = {"task": f"t{task}", "replicate": str(run)}
            hard = rng.normal()  # of the task and run: the same for all adapters and both kinds
            labelled = hard + EASIER + NOISE * rng.standard_normal(ADAPTERS)
            test = hard + NOISE * rng.standard_normal(ADAPTERS)
            drawn = rng.random(ADAPTERS)
            for selector, values in (
                ("exact_match", labelled),
                ("likelihood", labelled),
                ("oracle", test),
                ("random", drawn),
            ):
                places = np.empty(ADAPTERS, int)
                places[np.argsort(-values)] = np.arange(1, ADAPTERS + 1)
                ranked += [
                    {"adapter": f"a{i}", **at, "selector": selector, "subpool": "all"}
                    | {"score": values[i], "position": places[i]}
                    for i in range(ADAPTERS)
                ]
            for arm, chosen in (("best", labelled.argmax()), ("any", drawn.argmax())):
                row = {"arm": arm, **at, "n": 48, "exact_match": test[chosen], "nll": -test[chosen]}
                scores.append({**row, "choice_accuracy": 0.0, "valid_format": 0.0})
    order = list(tables.columns("selection"))
    return pd.DataFrame(ranked)[order], pd.DataFrame(scores)


ON_TEST = Judged("exact_match", on_test="oracle")
SINGLE = Judged("nll", arms=["best"], control={"any": "random"})
