"""The map of transfer: what each adapter of the pool does on each target, and what foretells it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recycling.ground.seeds import numpy_generator
from recycling.ground.tables import columns
from recycling.pool import ALL as WHOLE
from recycling.statistics import Array, bootstrap, inference
from recycling.statistics.estimates import LEVEL
from recycling.statistics.inference import ANYTHING
from recycling.statistics.moments import Moments
from recycling.statistics.rank_correlation import spearman
from recycling.tasks import cross_validation
from recycling.verdict.summary import ALL

CELL = ["quantity", "by", "task", "adapter"]
FEWEST = 4  # adapters that a rank correlation takes
TEST = "test"


def evidence(
    selection: pd.DataFrame, scores: pd.DataFrame, measures: Mapping[str, Sequence[str]], base: str
) -> pd.DataFrame:
    """What is known of each adapter in each run, from the tables `selection` and `scores`.

    `CELL`, `replicate` and `value`. The quantity is `score` (on labelled rows), `closeness` (to the
    fresh LoRA) or `gain`: score on test rows minus that of the arm `base`; without one, `test`.
    """
    whole = selection[selection["subpool"] == WHOLE]
    found = []
    for selector, (kind, metric) in measures.items():
        rows = whole[whole["selector"] == selector].rename(columns={"score": "value"})
        if kind == TEST and base:
            own = scores[scores["arm"] == base].set_index(["task", "replicate"])[metric]
            of_base = own.loc[list(zip(rows["task"], rows["replicate"], strict=True))]
            rows = rows.assign(value=rows["value"] - of_base.to_numpy())
            kind = "gain"
        found.append(rows.assign(quantity=kind, by=metric))
    return pd.concat(found)[[*CELL, "replicate", "value"]]


def weights(
    coefficients: Sequence[pd.DataFrame], cells: Sequence[tuple[str, str, str]], pool: set[str]
) -> pd.DataFrame:
    """The same of learned merges: the mean coefficient of each adapter of the pool that joined.

    `cells` has the arm, the task and the replicate of each table of coefficients.
    """
    found = []
    for table, (arm, task, replicate) in zip(coefficients, cells, strict=True):
        means = table[table["source"].isin(pool)].groupby("source")["coefficient"].mean()
        rows = pd.DataFrame({"adapter": means.index, "value": means.to_numpy(float)})
        found.append(rows.assign(quantity="weight", by=arm, task=task, replicate=replicate))
    empty = pd.DataFrame(columns=[*CELL, "replicate", "value"])
    return pd.concat(found)[list(empty.columns)] if found else empty


def grades(
    accepted: pd.DataFrame,
    names: Mapping[str, set[str]],
    kin: Mapping[str, Mapping[str, Sequence[str]]],
) -> dict[tuple[str, str], str]:
    """(task, adapter) -> its grade of kin, for tasks of which it is said; a copy has the same."""
    families = dict(zip(accepted["adapter"], accepted["family"], strict=True))
    found: dict[tuple[str, str], str] = {}
    for task, of_task in kin.items():
        graded = {
            families[adapter]: grade
            for grade, wanted in of_task.items()
            for adapter, called in names.items()
            if called & {*wanted}
        }
        found |= {(task, one): graded.get(families[one], "unrelated") for one in names}
    return found


def table(known: pd.DataFrame, kin: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Rows of `transfer.tsv`: means over runs with intervals, of `evidence` and `weights`.

    Where runs are folds, a weight that is not known of whole replicates has no interval.
    """
    folds = cross_validation.count(set(known["replicate"]))
    rows = []
    listed = known.groupby(CELL, sort=False)["value"].agg(list)
    for count in sorted({len(values) for values in listed}):
        of_count = listed[[len(values) == count for values in listed]]
        runs = np.array(of_count.tolist())[:, None, :]
        nothing = np.zeros((len(runs), 1))
        whole = count % folds == 0
        same = Moments(
            runs, nothing, nothing, np.zeros(len(runs), bool), count, folds if whole else 1
        )
        found = inference.intervals(same, "fixed", ANYTHING)
        rows.append(
            of_count.reset_index()[CELL].assign(
                replicates=count,
                value=found.value,
                low=found.low if whole else np.nan,
                high=found.high if whole else np.nan,
                level=LEVEL,
            )
        )
    made = pd.concat(rows).set_index(CELL).loc[listed.index].reset_index()
    graded = [kin.get(where, "") for where in zip(made["task"], made["adapter"], strict=True)]
    return made.assign(kin=graded)[list(columns("transfer"))]


def _kinds(transfer: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(transfer["quantity"], transfer["by"], strict=True)))


def useful_kind(transfer: pd.DataFrame) -> tuple[str, str]:
    """Quantity and `by` of what adapters do on a target: on test rows if that is known."""
    kinds = _kinds(transfer)
    return next(kind for one in ("gain", TEST, "score") for kind in kinds if kind[0] == one)


def correlations(transfer: pd.DataFrame, draws: int, seed: int) -> pd.DataFrame:
    """Rows of `transfer_correlations.tsv`: does something foretell what adapters do on a target?

    What they do is the gain on test rows, else the score on labelled rows: of these the first.
    Rank correlation over adapters in each task, and its mean over tasks. Adapters are drawn anew,
    the same in all tasks, so intervals speak of these tasks and of further adapters.
    """
    kinds = _kinds(transfer)
    useful = useful_kind(transfer)
    adapters = sorted(set(transfer["adapter"]))
    tasks = list(dict.fromkeys(transfer["task"]))
    values = {
        kind: part.pivot_table(index="task", columns="adapter", values="value")
        .reindex(index=tasks, columns=adapters)
        .to_numpy(float, na_value=np.nan)
        for kind, part in transfer.groupby(["quantity", "by"], sort=False)
    }
    generator = numpy_generator(seed, "transfer")
    drawn = generator.integers(len(adapters), size=(draws, len(adapters)))
    everyone = np.arange(len(adapters))[None]
    rows = []
    for kind in kinds:
        if kind == useful or kind[0] == TEST:
            continue
        pairs = [(values[kind][t], values[useful][t]) for t in range(len(tasks))]
        both = [int((np.isfinite(x) & np.isfinite(y)).sum()) for x, y in pairs]
        enough = [t for t in range(len(tasks)) if both[t] >= FEWEST]
        of_task = {t: _correlation(*pairs[t], everyone) for t in enough}
        again = {t: _correlation(*pairs[t], drawn) for t in enough}
        scopes = {ALL: enough, **{tasks[t]: [t] for t in enough}} if enough else {}
        for scope, chosen in scopes.items():
            value = float(np.mean([of_task[t][0] for t in chosen]))
            found = bootstrap.estimate(value, np.mean([again[t] for t in chosen], axis=0))
            rows.append(
                {
                    "quantity": kind[0],
                    "by": kind[1],
                    "useful": useful[0],
                    "useful_by": useful[1],
                    "task": scope,
                    "tasks": len(chosen),
                    "adapters": min(both[t] for t in chosen),
                    "value": value,
                    "low": found.low,
                    "high": found.high,
                    "level": found.level,
                }
            )
    return pd.DataFrame(rows, columns=list(columns("transfer_correlations")))


def _correlation(x: Array, y: Array, drawn: NDArray[np.intp]) -> Array:
    """`[draws]` rank correlations of `[adapters]` with those in each row of `drawn`.

    Adapters without both numbers are left out. Where one of the two does not vary, it is 0: nothing
    is foretold there.
    """
    both = np.isfinite(x) & np.isfinite(y)
    if both.all():
        return np.nan_to_num(spearman(x[drawn], y[drawn]))
    kept = [row[both[row]] for row in drawn]
    return np.array([float(np.nan_to_num(spearman(x[one], y[one]))) for one in kept])
