"""A made-up pool with known gains, which closeness foretells and labelled scores do not."""

import numpy as np
import pandas as pd

TASKS, RUNS, ADAPTERS = ("a", "b"), ("0", "1", "2"), tuple(f"owner--lora-{i}" for i in range(8))
MEASURES = {
    "oracle": ("test", "exact_match"),
    "evaluation": ("score", "nll"),
    "cosine": ("closeness", "cosine"),
}
BASE = 0.2


def made():
    """The tables selection and scores: a gain of 0, 1, 2 ... hundredths in every run and task."""
    rng = np.random.default_rng(0)
    rows, scores = [], []
    for t, task in enumerate(TASKS):
        for r, run in enumerate(RUNS):
            at = {"task": task, "replicate": run, "subpool": "all", "position": 1}
            for i, adapter in enumerate(ADAPTERS):
                values = {
                    "oracle": BASE + 0.1 * t + 0.01 * i,
                    "evaluation": float(rng.random()),
                    "cosine": i + 0.1 * r,
                    "random": float(rng.random()),
                }
                rows += [
                    {"adapter": adapter, **at, "selector": selector, "score": value}
                    for selector, value in values.items()
                ]
            scores.append({"arm": "base", **at, "exact_match": BASE + 0.1 * t})
    return pd.DataFrame(rows), pd.DataFrame(scores)


def merged():
    """Coefficients of a merge of the fresh LoRA with the first five adapters, in each run."""
    tables, cells = [], []
    for task in TASKS:
        for run in RUNS:
            rows = [
                {"source": source, "module": module, "coefficient": value}
                for i, source in enumerate(["fresh", *ADAPTERS[:5]])
                for module, value in (("q", -i), ("v", -3 * i))
            ]
            tables.append(pd.DataFrame(rows))
            cells.append(("adaptive", task, run))
    return tables, cells
