"""What was aimed at, and what came out: a ratio of two rows of one run, or seconds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.case import OURS

PEFT = "PEFT, one process"
BARE = "bare base, unique tokens"
BATCH = "einsum layer, one padded batch"


@dataclass(frozen=True)
class Goal:
    """`at least`: a rival takes so many times as long as ours, or so much more memory.

    `at most`: ours takes so many times as long as the rival; without a rival, so many core seconds.
    """

    work: str
    rival: str
    kind: Literal["at least", "at most"]
    goal: float
    quantity: Literal["seconds", "peak_mb", "cpu_seconds"] = "seconds"


GOALS = (
    Goal("likelihood, short prompts", PEFT, "at least", 4),
    Goal("likelihood, long prompts", PEFT, "at least", 30),
    Goal("likelihood, short prompts, and greedy answers", PEFT, "at least", 10),
    Goal("likelihood, long prompts, and greedy answers", PEFT, "at least", 45),
    Goal("likelihood, short prompts", BARE, "at most", 1.15),
    Goal("likelihood, long prompts", BARE, "at most", 1.15),
    Goal("coefficient step, k = 5", BATCH, "at least", 3),
    Goal("coefficient step, k = 30", BATCH, "at least", 4),
    Goal("coefficient step, k = 5", BATCH, "at least", 2, "peak_mb"),
    Goal("coefficient step, k = 30", BATCH, "at least", 2, "peak_mb"),
    Goal("coefficient step, k = 5", BARE, "at most", 1.3),
    Goal("coefficient step, k = 30", BARE, "at most", 1.3),
    Goal("fresh LoRA", "PEFT and Trainer", "at least", 3),
    Goal("ties in full space, 4096 x 4096, k = 30, r = 16", OURS, "at most", 8, "cpu_seconds"),
    Goal("dare in full space, 4096 x 4096, k = 30, r = 16", OURS, "at most", 4, "cpu_seconds"),
)
START_UP = 0.1


def reached(
    times: Sequence[Mapping[str, Any]], study: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Rows of the table `bench_goals` from those of `bench_times` and `bench_study`."""
    found = {(row["work"], row["rival"]): row for row in times}
    for goal in GOALS:
        ours = found.get((goal.work, OURS), {}).get(goal.quantity)
        theirs = found.get((goal.work, goal.rival), {}).get(goal.quantity)
        if not isinstance(ours, float) or not isinstance(theirs, float):
            continue  # of a smaller run
        if goal.rival == OURS:
            value = ours
        else:
            value = theirs / ours if goal.kind == "at least" else ours / theirs
        yield _row(goal, value)
    if study:
        begun = sum(float(row["start_up"]) for row in study)
        share = begun / sum(float(row["cpu_seconds"]) for row in study)
        work = "default study, share of its core seconds for starting up"
        yield _row(Goal(work, OURS, "at most", START_UP, "cpu_seconds"), share)


def _row(goal: Goal, value: float) -> dict[str, Any]:
    met = value >= goal.goal if goal.kind == "at least" else value <= goal.goal
    return {
        "work": goal.work,
        "against": "" if goal.rival == OURS else goal.rival,
        "quantity": goal.quantity,
        "kind": goal.kind,
        "goal": goal.goal,
        "measured": value,
        "met": met,
    }
