"""What the selection of adapters takes: what measures the pool, and who is ranked by what.

Which parts of the pool are ranked is in `subpools`.
"""

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.pool import Kin
from recycling.plan.wiring import Shards
from recycling.plan.work.units import replicates
from recycling.pool import ALL, CLOSENESS, GAINS, SCORES, SELECTORS, TEST_SCORES, Measure


class Ranking(NamedTuple):
    """The whole pool, or a part of it, ranked for a unit by one selector."""

    selector: str
    subpool: str
    task: str
    replicate: str

    @property
    def path(self) -> str:
        """The table of the ranking."""
        return "<results>/rankings/" + "/".join(self) + ".tsv"


class Choice(NamedTuple):
    """A selector that ranks the pool, or a part of it, for some targets."""

    selector: str
    part: str
    targets: tuple[str, ...]


def choices(study: MergingStudy) -> list[Choice]:
    """What arms select by, and what the whole pool is ranked by besides."""
    of_arms = [
        Choice(arm.select, arm.part, tuple(arm.targets))
        for arm in study.arms.values()
        if arm.select is not None
    ]
    return of_arms + [Choice(name, ALL, tuple(study.targets)) for name in study.pool.ranked_by]


def rankings(study: MergingStudy) -> list[Ranking]:
    """Every ranking that is asked for, sorted."""
    return sorted(
        {
            Ranking(choice.selector, choice.part, task, replicate)
            for choice in choices(study)
            for task in choice.targets
            for replicate in replicates(study)
        }
    )


def related_targets(study: MergingStudy) -> dict[str, Kin]:
    """The targets with kin for which some selector ranks the whole pool, and their kin."""
    ranked = {task for one in choices(study) if one.part == ALL for task in one.targets}
    return {task: kin for task, kin in study.pool.kin.items() if task in ranked}


def ranking_files(study: MergingStudy) -> list[str]:
    """The tables of all rankings, in the order of `rankings`."""
    return [ranking.path for ranking in rankings(study)]


def metric(study: MergingStudy, selector: str) -> str:
    """What a selector reads of the measures that it rests on."""
    row = SELECTORS[selector]
    if row.reads == "scoring.metric":
        return study.pool.scoring.metric
    return row.reads or selector


def scored_metrics(study: MergingStudy) -> list[str]:
    """The metrics of `score_pool` that some arm's selector reads, sorted.

    Only with exact match is anything generated.
    """
    return _metrics_of(study, SCORES)


def oracle_metrics(study: MergingStudy) -> list[str]:
    """Those of `score_on_test`; exact match where no arm's selector reads any."""
    return _metrics_of(study, TEST_SCORES) or [metric(study, "oracle")]


def _metrics_of(study: MergingStudy, measure: Measure) -> list[str]:
    used = {choice.selector for choice in choices(study)}
    return sorted({metric(study, name) for name in used if SELECTORS[name].measure is measure})


def measured_tasks(study: MergingStudy, measure: Measure) -> list[str]:
    """The tasks for which some selector rests on a measure.

    All targets where none does: a rule names its outputs, asked for or not.
    """
    using = [one for one in choices(study) if SELECTORS[one.selector].measure is measure]
    asked = {task for one in using for task in one.targets}
    return [task for task in study.all_targets if task in asked or not using]


def closeness_measures(study: MergingStudy) -> list[str]:
    """The measures of closeness by which some selector ranks, sorted; all where none does."""
    known = sorted(name for name, row in SELECTORS.items() if row.measure is CLOSENESS)
    asked = {choice.selector for choice in choices(study)}
    return [name for name in known if name in asked] or known


def scored_rows_of_tasks(study: MergingStudy, replicate: str) -> list[str]:
    """The labelled rows of all tasks that `score_pool` scores: one part of each, then the next."""
    return _rows_of(study, measured_tasks(study, SCORES), replicate)


def screened_rows_of_tasks(study: MergingStudy, replicate: str) -> list[str]:
    """Those of all tasks that `screen_pool` takes a gradient for."""
    return _rows_of(study, measured_tasks(study, GAINS), replicate)


def _rows_of(study: MergingStudy, tasks: Iterable[str], replicate: str) -> list[str]:
    of_tasks = [scored_rows(study, task, replicate) for task in tasks]
    return [path for part in zip(*of_tasks, strict=True) for path in part]


def score_store(study: MergingStudy, replicate: str, shard: str) -> str:
    """Where `score_pool` keeps what it has scored, from run to run."""
    return f"results/{study.study}/parts/score_pool/{replicate}/{shard}"


def oracle_store(study: MergingStudy, replicate: str, shard: str) -> str:
    """Where `score_on_test` does."""
    return f"results/{study.study}/parts/score_on_test/{replicate}/{shard}"


def screen_store(study: MergingStudy, selector: str, replicate: str, shard: str) -> str:
    """Where `screen_pool` keeps the gains of each task."""
    return f"results/{study.study}/parts/screen_pool/{selector}/{replicate}/{shard}"


def scored_rows(study: MergingStudy, task: str, replicate: str) -> list[str]:
    """The labelled rows that may score the pool: training rows, in the paper's protocol all."""
    parts = ["train", "valid"] if study.protocol.score_on_valid else ["train"]
    return [f"<results>/tasks/{task}/{replicate}/{part}.jsonl" for part in parts]


def measure_folder(selector: str) -> str:
    """Where the measure of a selector is written. Raises LookupError for one without a measure."""
    row = SELECTORS[selector]
    if row.measure is None:
        raise LookupError(f"selector {selector!r} rests on no measure; ask for another's folder")
    folder = f"<results>/{row.measure.folder}"
    return f"{folder}/{selector}" if row.own_work else folder


def measured_parts(measure: Measure, shards: Shards) -> list[str]:
    """The parts of the pool that are measured apart."""
    return ["pool"] if measure.whole_pool else shards()


def evidence(
    _: MergingStudy, selector: str, task: str, replicate: str, shards: Shards
) -> list[str]:
    """The measures of the pool that a selector reads; none for selectors that ignore them."""
    row = SELECTORS[selector]
    if row.measure is None:
        return []
    return [
        f"{measure_folder(selector)}/{task}/{replicate}/{part}.tsv"
        for part in measured_parts(row.measure, shards)
    ]


def fresh_adapter(_: MergingStudy, task: str, replicate: str) -> str:
    """The fresh LoRA of a task and replicate, by the default recipe."""
    return f"<results>/fresh/fresh/{task}/{replicate}/adapter_config.json"


def gradient_points(study: MergingStudy, selector: str, replicate: str) -> list[str]:
    """The fresh LoRA of each task, where the gradient is taken at it; none for the bare base."""
    if not SELECTORS[selector].needs_fresh:
        return []
    return [fresh_adapter(study, task, replicate) for task in measured_tasks(study, GAINS)]


@cache
def _shards_in_order(ranking: str, changed: int) -> list[str]:
    with Path(ranking).open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [row["shard"] for row in rows if row["position"]]


def shards_in_order(ranking: str) -> list[str]:
    """The shard of each adapter that has a position in a ranking, best first."""
    return _shards_in_order(str(ranking), Path(ranking).stat().st_mtime_ns)
