"""What became of the rows of a task, where it is not what was asked for, in words."""

from collections.abc import Iterable, Mapping, Sequence

from recycling.tasks.cross_validation import FOLDS
from recycling.tasks.record import Counts
from recycling.tasks.splits import LEAST_TEST

PARTS = ("train", "valid", "test")


def told(counts: Sequence[Counts], asked: Mapping[str, int]) -> str:
    """How many rows a task has and what each part got; empty where it is all that was asked for.

    It goes on after "the task has". `counts` are those of some or all replicates, or folds; `asked`
    has the sizes of the study file.
    """
    items, folds = counts[0].items, asked.get("folds", 1)
    train, valid, test = (_span(getattr(one, part) for one in counts) for part in PARTS)
    if folds > 1:
        fewer = any(one.train < asked["train"] or one.valid < asked["valid"] for one in counts)
        return (
            f"{items} rows, each tested once a replicate. In each of {folds} folds {test} are "
            f"tested, and of the others {train} train and {valid} validate"
            + (f" ({asked['train']} and {asked['valid']} are asked for)." if fewer else ".")
        )
    if any(one.train != asked["train"] or one.valid != asked["valid"] for one in counts):
        return (
            f"{items} rows, too few for the {asked['train']} to train, {asked['valid']} to "
            f"validate and {LEAST_TEST} to test that are asked for. In each run {train} train, "
            f"{valid} validate and {test} are tested. `split: {{folds: {FOLDS}}}` tests every row."
        )
    if any(one.test != asked["test"] for one in counts):
        return f"{test} rows to test in each run, not the {asked['test']} that are asked for."
    return ""


def _span(numbers: Iterable[int]) -> str:
    found = sorted(set(numbers))
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"
