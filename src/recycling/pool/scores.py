"""Scores of the adapters of a shard on the labelled rows of several tasks.

An adapter is read once and scores the rows of all tasks. A score is kept with what it was made
from, so that a change of one adapter, or of one task, asks for its own scores alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.ground.parts import RECORD, Parts, digest
from recycling.ground.seconds import Seconds
from recycling.tasks.record import Example, read_examples, read_task

if TYPE_CHECKING:
    from recycling.model.base import Base

FILE = "scores.json"


class TaskFiles(NamedTuple):
    """The files of a task: its labelled rows and its description, then what is written for it."""

    rows: Sequence[str]
    about: str
    scores: str
    record: str
    seconds: str
    fresh: str = ""
    """The config of its fresh LoRA, where that is read too."""

    def digests(self) -> list[str]:
        """Digest of each file that is read."""
        lora = sorted(Path(self.fresh).parent.glob("adapter_*")) if self.fresh else []
        return [digest(path) for path in [*map(Path, self.rows), Path(self.about), *lora]]


def of_tasks(names: Sequence[str], given: Any, made: Any) -> dict[str, TaskFiles]:
    """Task -> its files among the inputs `given` and the outputs `made` of a job for all tasks.

    Each kind of file is there for every task, in the order of `names`.
    """
    count = len(names)
    fresh = given.get("fresh") or [""] * count
    return {
        name: TaskFiles(
            list(given.rows[i::count]),
            given.tasks[i],
            made.scores[i],
            made.records[i],
            made.seconds[i],
            fresh[i],
        )
        for i, name in enumerate(names)
    }


class Rows(NamedTuple):
    """What adapters are scored on for one task."""

    instruction: str
    examples: Sequence[Example]


@dataclass(frozen=True)
class Score:
    """What one adapter scores on the rows of one task, and what that took."""

    made_from: str
    """A digest of all that decides it."""
    means: Mapping[str, float]
    """Metric -> mean over the rows; more is better."""
    rows: int
    tokens: int
    seconds: float
    cpu_seconds: float


def read_rows(files: TaskFiles, most: int | None) -> Rows:
    """At most the first `most` labelled rows of a task."""
    examples = [example for path in files.rows for example in read_examples(path)]
    return Rows(read_task(files.about).instruction, examples[:most])


def score(
    base: "Base", rows: Rows, metrics: Sequence[str], cap: int, made_from: str, what: str
) -> Score:
    """The score of what `base` wears, from one pass over the rows for all metrics."""
    from recycling.model.scoring import predict
    from recycling.statistics.metrics import goodness, reading

    tokens, started = base.tokens_read, Seconds.now()
    read = predict(base, rows.instruction, rows.examples, **reading(metrics, cap), what=what)
    means = {metric: fmean(goodness(metric, read)) for metric in metrics}
    spent = Seconds.now() - started
    return Score(
        made_from,
        means,
        len(rows.examples),
        base.tokens_read - tokens,
        round(spent.wall, 4),
        round(spent.cpu, 4),
    )


def write(of_tasks: Mapping[str, Score], folder: Path) -> None:
    """Write what one adapter scores on each task into the folder of its part."""
    tables.write_json({task: asdict(one) for task, one in of_tasks.items()}, folder / FILE)


def known(kept: Parts, adapter: str, made_from: Mapping[str, str]) -> dict[str, Score]:
    """Task -> score of an adapter that an earlier run made from the same, task by task."""
    path, record = kept.path(adapter) / FILE, kept.path(adapter) / RECORD
    if not (path.exists() and record.exists()):
        return {}
    try:
        if kept.record(adapter).files.get(FILE) != digest(path):
            return {}
    except InputError:
        return {}  # the part says so itself, and is made anew
    found = {task: Score(**one) for task, one in tables.read_json(path).items()}
    return {task: one for task, one in found.items() if made_from.get(task) == one.made_from}


def write_task(of_adapters: Mapping[str, Score], files: TaskFiles) -> None:
    """Write the scores of a task, its tokens, and its seconds.

    The seconds are those of the passes over the rows, without the start of the job.
    """
    rows: list[dict[str, Any]] = [
        {"adapter": name, "metric": metric, "rows": one.rows, "score": mean}
        for name, one in of_adapters.items()
        for metric, mean in one.means.items()
    ]
    tables.write_table(rows, files.scores, "pool_scores")
    every = of_adapters.values()
    tables.write_json({"tokens": sum(one.tokens for one in every)}, files.record)
    spent = Seconds(sum(one.seconds for one in every), sum(one.cpu_seconds for one in every))
    spent.write(files.seconds)
