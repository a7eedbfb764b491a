"""A made-up choice among equal adapters, with what luck and easier rows make of scores."""

from types import MappingProxyType

import numpy as np
import pandas as pd

from recycling.ground import tables
from recycling.pool.judged import Judged

ADAPTERS, NOISE, EASIER = 5, 0.1, 0.3


def made(tasks=2, runs=60, seed=0, parts=MappingProxyType({})):
    """Selection and scores of equal adapters: labelled rows are easier by 0.3, and noisy by 0.1.

    `parts` has the sizes of parts of the pool, which are its first adapters.
    """
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
                for subpool, size in {"all": ADAPTERS, **parts}.items():
                    places = np.empty(size, int)
                    places[np.argsort(-values[:size])] = np.arange(1, size + 1)
                    ranked += [
                        {"adapter": f"a{i}", **at, "selector": selector, "subpool": subpool}
                        | {"score": values[i], "position": places[i]}
                        for i in range(size)
                    ]
            for arm, chosen in (("best", labelled.argmax()), ("any", drawn.argmax())):
                row = {"arm": arm, **at, "n": 48, "exact_match": test[chosen], "nll": -test[chosen]}
                scores.append({**row, "choice_accuracy": 0.0, "valid_format": 0.0})
    order = list(tables.columns("selection"))
    return pd.DataFrame(ranked)[order], pd.DataFrame(scores)


ON_TEST = Judged("exact_match", on_test="oracle")
SINGLE = Judged("nll", arms=["best"], control={"any": "random"})
